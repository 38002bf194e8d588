import { accountSecretName, openAccountSecret } from '../domain/account-secret.ts';
import type { Ports } from '../ports/ports.ts';
import type { RegistryAccounts } from '../ports/registry-client.ts';

/** Finds the registry account of a host with its credentials, for the OCI client. Two of one host: the first by name. */
export function registryAccounts(ports: Pick<Ports, 'accounts' | 'secrets'>): RegistryAccounts {
  return async (host) => {
    const accounts = await ports.accounts.list();
    const [account] = accounts
      .filter((candidate) => candidate.type === 'registry' && candidate.host === host)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (account === undefined) return undefined;
    const secret = openAccountSecret(account, await ports.secrets.get(accountSecretName(account.name)));
    return { account, password: secret.password, token: secret.token };
  };
}
