import { createHmac } from 'node:crypto';
import type { Account, AccountSecret } from '../../../domain/account.ts';
import { Failure } from '../../../domain/failure.ts';

/** Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function standardSignature(secret: string, signed: string): string {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (encoded === undefined) {
    throw new Failure('invalidInput', 'the secret of the account is not whsec_ and base64; put the account again');
  }
  return `v1,${createHmac('sha256', Buffer.from(encoded, 'base64')).update(signed).digest('base64')}`;
}

/** An account's credentials go to its host only, in the clear only where it says so. */
export function checkHost(account: Account, url: URL): void {
  if (account.host === undefined ? account.type !== 'webhook' : account.host.toLowerCase() !== url.host) {
    throw new Failure(
      'invalidInput',
      `account ${account.name} is for ${account.host ?? 'no host'}, not for ${url.host}`,
    );
  }
  if (url.protocol === 'http:' && account.type !== 'webhook' && !account.insecure) {
    throw new Failure(
      'invalidInput',
      `account ${account.name} is not for plain HTTP; use https: or set insecure on it`,
    );
  }
}

/** A token is a Bearer; a password goes with its user name. `webhook` accounts sign instead. */
export function authorization({ account, secret }: { readonly account: Account; readonly secret: AccountSecret }): {
  readonly authorization?: string;
} {
  if (account.type === 'webhook') return {};
  if (secret.token !== undefined) return { authorization: `Bearer ${secret.token}` };
  if (secret.password === undefined) return {};
  const login = `${account.username ?? ''}:${secret.password}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}
