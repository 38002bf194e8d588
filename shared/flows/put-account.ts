import type { Account, AccountSecret } from '../domain/account.ts';
import { accountSecretName, sealAccountSecret } from '../domain/account-secret.ts';
import type { Ports } from '../ports/ports.ts';

export interface AccountInput extends Omit<Account, 'updatedAt' | 'rev'> {
  readonly credentials: AccountSecret;
}

export type PutAccountAnswer =
  | { readonly kind: 'created' | 'updated'; readonly account: Account }
  | { readonly kind: 'conflict' };

type PutAccountPorts = Pick<Ports, 'accounts' | 'secrets' | 'clock'>;

/**
 * Replaces an account, credentials included: an input without credentials leaves it without any. The secret is written first
 * and names its hosts, so a crash between the writes leaves an account whose old credentials are gone, never one whose
 * credentials go elsewhere. `conflict`: another caller wrote at the same time.
 */
export async function putAccount(ports: PutAccountPorts, input: AccountInput): Promise<PutAccountAnswer> {
  const { credentials, ...settings } = input;
  const before = await ports.accounts.find(input.name);
  await ports.secrets.put(accountSecretName(input.name), sealAccountSecret(input, credentials));
  const account = { ...settings, updatedAt: ports.clock.now(), rev: before?.rev ?? 0 };
  const saved = await ports.accounts.save(account);
  if (saved === undefined) return { kind: 'conflict' };
  return { kind: before === undefined ? 'created' : 'updated', account: saved };
}
