import { describe, expect, it } from 'vitest';
import { createRegistryClient } from '../../shared/adapters/oci/registry-client.ts';
import { createOutbound } from '../../shared/adapters/outbound/outbound.ts';
import type { Account } from '../../shared/domain/account.ts';
import type { RegistryAccounts, RegistryClient } from '../../shared/ports/registry-client.ts';
import { registryClientContract } from '../contracts/registry-client.ts';
import { dockerRegistryMissing, registryLogin, startDockerRegistry } from '../fixtures/docker-registry.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';

const missing = dockerRegistryMissing();
if (missing !== undefined) console.log(`skipped: registry client against docker-registry: ${missing}`);

const basic = Buffer.from(`${registryLogin.username}:${registryLogin.password}`).toString('base64');

function account(host: string, rest: Partial<Account> = {}): Account {
  return { name: 'test', type: 'registry', host, insecure: true, updatedAt: 0, rev: 1, ...rest };
}

function clientFor(host: string, accounts: RegistryAccounts): RegistryClient {
  return createRegistryClient({ outbound: createOutbound({ allow: [host] }), accounts });
}

describe.skipIf(missing !== undefined)('docker-registry, open', () => {
  registryClientContract(async () => {
    const registry = await startDockerRegistry();
    return {
      client: clientFor(registry.host, async (host) => ({ account: account(host) })),
      host: registry.host,
      push: (image, repository, tag) => pushImage(image, { baseUrl: registry.url, repository, tag }),
      close: registry.close,
    };
  });
});

describe.skipIf(missing !== undefined)('docker-registry with Basic', () => {
  registryClientContract(async () => {
    const registry = await startDockerRegistry({ basic: true });
    const { username, password } = registryLogin;
    return {
      client: clientFor(registry.host, async (host) => ({ account: account(host, { username }), password })),
      host: registry.host,
      push: (image, repository, tag) =>
        pushImage(image, { baseUrl: registry.url, repository, tag }, { headers: { authorization: `Basic ${basic}` } }),
      close: registry.close,
    };
  });

  it('denies who has no account, no password or a wrong one', async () => {
    const registry = await startDockerRegistry({ basic: true });
    const image = ociImage({ a: '1' });
    await pushImage(
      image,
      { baseUrl: registry.url, repository: 'shop', tag: '1' },
      { headers: { authorization: `Basic ${basic}` } },
    );
    const { username } = registryLogin;
    const attempts: readonly RegistryAccounts[] = [
      async (host) => ({ account: account(host) }),
      async (host) => ({ account: account(host, { username }), password: 'wrong' }),
      async (host) => ({ account: account(host, { username }) }),
    ];
    for (const accounts of attempts) {
      const asking = clientFor(registry.host, accounts).resolveTag(`${registry.host}/shop`, '1');
      await expect(asking).rejects.toMatchObject({
        code: 'registryDenied',
        retryable: false,
        details: { status: 401 },
      });
    }
    await registry.close();
  });
});
