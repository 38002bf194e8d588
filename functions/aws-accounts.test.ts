import { afterEach, expect, it, vi } from 'vitest';
import type { Account } from '../shared/domain/account.ts';
import { accountSecretName, sealAccountSecret } from '../shared/domain/account-secret.ts';
import { partialPorts } from '../test/fixtures/partial-ports.ts';
import { awsAccounts } from './aws-accounts.ts';

const ecr = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

function accountsOf(...hosts: readonly string[]) {
  return accountsWith(undefined, hosts);
}

function accountsWith(readers: readonly string[] | undefined, hosts: readonly string[]) {
  const made = hosts.map(
    (host): Account => ({ name: `of-${host}`, type: 'registry', host, insecure: false, readers, updatedAt: 0, rev: 1 }),
  );
  const sealed = new Map(
    made.map((one) => [accountSecretName(one.name), sealAccountSecret(one, { password: 'made' })]),
  );
  const unused = async () => undefined;
  return awsAccounts(
    partialPorts({
      accounts: { list: async () => made, find: unused, save: unused, remove: unused },
      secrets: { get: async (name) => sealed.get(name), put: unused, remove: unused },
    }),
  );
}

afterEach(() => vi.unstubAllEnvs());

it.each(['ghcr.io', ecr])('an account that somebody made for %s wins', async (host) => {
  expect(await accountsOf('ghcr.io', ecr)(host)).toMatchObject({ account: { name: `of-${host}` }, password: 'made' });
});

it("the function's own rights are not for whom an account of the registry is withheld from", async () => {
  expect(await accountsWith(['team-a'], [ecr])(ecr)).toEqual({ insecure: false });
});

it('there is none for other hosts', async () => {
  expect(await accountsOf(ecr)('ghcr.io')).toBeUndefined();
});

it("the function's own rights are for ECR, and without any it says so", async () => {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'])
    vi.stubEnv(name, '');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  await expect(accountsOf()(ecr)).rejects.toMatchObject({ name: 'registryDenied' });
});
