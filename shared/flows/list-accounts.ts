import type { Account } from '../domain/account.ts';
import type { Ports } from '../ports/ports.ts';

/** Every account, without credentials: those are in the SecretStore and never read here. */
export function listAccounts(ports: Pick<Ports, 'accounts'>): Promise<readonly Account[]> {
  return ports.accounts.list();
}
