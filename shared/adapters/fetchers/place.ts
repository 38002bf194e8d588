import type { Account, AccountSecret } from '../../domain/account.ts';
import { Failure } from '../../domain/failure.ts';
import type { FetchRequest } from '../../ports/artifact-fetcher.ts';

type NamedAccount = NonNullable<FetchRequest['account']>;

/** Where an account's files are: `https://host/path`, no slash at its end. Failure fetchNotPossible if it names no host. */
export function accountBase(given: NamedAccount | undefined, what: string): URL {
  const host = given?.account.host;
  if (given === undefined || host === undefined) {
    throw new Failure('fetchNotPossible', `${what} is found through an account whose host is the repository's`);
  }
  const { insecure, path } = given.account;
  return new URL(`${insecure ? 'http' : 'https'}://${host}${(path ?? '').replace(/\/+$/, '')}`);
}

/** `base` with `parts` behind it, each one segment of the path or several. */
export function below(base: URL, ...parts: readonly string[]): URL {
  const tail = parts.flatMap((part) => part.split('/')).filter((part) => part !== '');
  const unsafe = tail.find((part) => part === '.' || part === '..');
  if (unsafe !== undefined) throw new Failure('fetchNotPossible', `A path may not hold ${unsafe}`);
  const url = new URL(base);
  url.pathname = [base.pathname.replace(/\/+$/, ''), ...tail.map(encodeURIComponent)].join('/');
  return url;
}

/** A URL of the kind that is fetched. Failure fetchNotPossible for anything else. */
export function webUrl(reference: string, what: string): URL {
  const url = URL.canParse(reference) ? new URL(reference) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Failure('fetchNotPossible', `The reference of ${what} must be an http(s) URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('fetchNotPossible', `The reference of ${what} may not hold credentials; use an account`);
  }
  url.hash = '';
  return url;
}

/**
 * Headers that prove who asks, for this URL only: its host must be the account's, in the clear only where the account says
 * so. Without an account, none. Failure accountNotPermitted otherwise: silence would look like a wrong password.
 */
export function proofFor(
  url: URL,
  given: NamedAccount | undefined,
  defaultHost?: string,
): Readonly<Record<string, string>> {
  if (given === undefined) return {};
  checkHost(url, given.account, defaultHost);
  return given.account.type === 'gitlab' && given.secret.token !== undefined
    ? { 'private-token': given.secret.token }
    : authorization(given.account, given.secret);
}

/** The same, but nothing for another host: a repository's index may point elsewhere. */
export function proofIfOwn(url: URL, given: NamedAccount | undefined): Readonly<Record<string, string>> {
  const hosts = [given?.account.host, given?.account.authHost];
  return given !== undefined && hosts.includes(url.host) ? proofFor(url, given) : {};
}

function checkHost(url: URL, account: Account, defaultHost: string | undefined): void {
  const hosts = [account.host ?? defaultHost, account.authHost].filter((host) => host !== undefined);
  if (!hosts.includes(url.host)) {
    const named = hosts.length === 0 ? 'no host' : hosts.join(' and ');
    throw new Failure('accountNotPermitted', `Account ${account.name} is for ${named}, not for ${url.host}`);
  }
  if (url.protocol === 'http:' && !account.insecure) {
    throw new Failure(
      'accountNotPermitted',
      `Account ${account.name} is not for plain HTTP; use https or set insecure`,
    );
  }
}

function authorization(account: Account, secret: AccountSecret): Readonly<Record<string, string>> {
  // Jenkins takes a token only as the password of its user.
  if (secret.token !== undefined && account.type !== 'jenkins') return { authorization: `Bearer ${secret.token}` };
  const password = secret.password ?? secret.token;
  if (password === undefined) return {};
  const login = `${account.username ?? ''}:${password}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}
