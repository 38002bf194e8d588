import type { Account } from '../domain/account.ts';
import type { Ports } from '../ports/ports.ts';
import type { Asker, RegistryAccounts, WithheldAccount } from '../ports/registry-client.ts';
import { mayPipelineUse, openAccount } from './find-usable-account.ts';

/**
 * Finds the registry account of a host with its credentials, for the OCI client: one that an asking pipeline may use. Of several,
 * one with readers goes before those of every pipeline; then the first by name.
 */
export function registryAccounts(ports: Pick<Ports, 'accounts' | 'pipelines' | 'secrets'>): RegistryAccounts {
  return async (host, asker) => {
    const found = await findRegistryAccount(ports, host, asker);
    if (found?.account === undefined) return found;
    const { secret } = await openAccount(ports, found.account);
    return { account: found.account, password: secret.password, token: secret.token };
  };
}

/** The same account without its credentials. */
export async function findRegistryAccount(
  ports: Pick<Ports, 'accounts' | 'pipelines'>,
  host: string,
  asker?: Asker,
): Promise<{ readonly account: Account } | WithheldAccount | undefined> {
  const accounts = (await ports.accounts.list())
    .filter((candidate) => candidate.type === 'registry' && candidate.host === host)
    .toSorted(ownFirst);
  for (const account of accounts) if (await mayAskerUse(ports, account, asker)) return { account };
  return accounts.length === 0 ? undefined : { insecure: accounts.every(({ insecure }) => insecure) };
}

/** Whether one of the asking pipelines may use an account; without any, only one of every pipeline. */
export async function mayAskerUse(
  ports: Pick<Ports, 'pipelines'>,
  account: Pick<Account, 'readers'>,
  asker: Asker | undefined,
): Promise<boolean> {
  if (account.readers === undefined) return true;
  for (const pipeline of asker?.pipelines ?? []) if (await mayPipelineUse(ports, account, pipeline)) return true;
  return false;
}

function ownFirst(a: Account, b: Account): number {
  const [first, second] = [a, b].map(({ readers }) => (readers === undefined ? 1 : 0));
  return (first ?? 0) - (second ?? 0) || (a.name < b.name ? -1 : 1);
}
