import type { z } from 'zod';
import type { Account } from '../../domain/account.ts';
import { Failure } from '../../domain/failure.ts';
import type { FetchRequest } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';

export interface Host {
  readonly outbound: Outbound;
  readonly account?: FetchRequest['account'];
  /** With scheme, without a slash at its end. */
  readonly origin: string;
  /** What the account's credentials are sent as. */
  readonly headers: Readonly<Record<string, string>>;
}

const maxAnswerBytes = 1024 * 1024;
/** A function has a minute for all that a delivery needs. */
const timeoutMs = 10_000;

/** Where the API of an account's host is; the account's type must be the place's. Failure accountNotPermitted. */
export function hostOf(
  outbound: Outbound,
  account: FetchRequest['account'],
  api: {
    readonly type: Account['type'];
    readonly host: string;
    header(token: string): Readonly<Record<string, string>>;
  },
): Host {
  if (account !== undefined && account.account.type !== api.type) {
    const message = `Account ${account.account.name} is of type ${account.account.type}; a report of ${api.type} takes one of type ${api.type}`;
    throw new Failure('accountNotPermitted', message);
  }
  const host = account?.account.host ?? api.host;
  const scheme = account?.account.insecure === true ? 'http' : 'https';
  const token = account?.secret.token ?? account?.secret.password;
  return { outbound, account, origin: `${scheme}://${host}`, headers: token === undefined ? {} : api.header(token) };
}

export async function getJson<T>(host: Host, path: string, shape: z.ZodType<T>): Promise<T> {
  const bytes = await getBytes(host, path, maxAnswerBytes);
  const read = shape.safeParse(parseJson(bytes));
  if (read.success) return read.data;
  throw new Failure('fetchNotPossible', `${placeOf(host, path)} answered something else than was asked for`);
}

export async function getBytes(host: Host, path: string, maxBytes: number): Promise<Uint8Array> {
  const { outbound, origin, headers } = host;
  const { status, body } = await outbound.request({
    method: 'GET',
    url: `${origin}${path}`,
    headers,
    maxBytes,
    timeoutMs,
  });
  if (status === 200) return body;
  const place = placeOf(host, path);
  if (status === 401 || status === 403) {
    throw new Failure('contentDenied', `${place} answered ${status}: name an account that may read it`);
  }
  if (status === 404 || status === 410) throw new Failure('contentNotFound', `There is nothing at ${place}`);
  const code = status === 408 || status === 429 || status >= 500 ? 'outboundUnavailable' : 'fetchNotPossible';
  throw new Failure(code, `${place} answered ${status}`);
}

/** Without the query. */
function placeOf({ origin }: Host, path: string): string {
  return `${new URL(origin).host}${path.split('?')[0]}`.slice(0, 300);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
