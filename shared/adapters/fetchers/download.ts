import { Failure } from '../../domain/failure.ts';
import type { Outbound } from '../../ports/outbound.ts';

export interface Download {
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export interface Downloaded {
  readonly bytes: Uint8Array;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** GET, whole. What went wrong names the host and the path, never the query: it may be a signature. */
export async function download(outbound: Outbound, wanted: Download): Promise<Downloaded> {
  const found = await findDownload(outbound, wanted);
  if (found !== undefined) return found;
  throw new Failure('contentNotFound', `There is nothing at ${placeOf(wanted.url)}`);
}

/** The same where it may be absent (404, 410). */
export async function findDownload(outbound: Outbound, wanted: Download): Promise<Downloaded | undefined> {
  const { url, headers, maxBytes, timeoutMs } = wanted;
  const answer = await outbound.request({ method: 'GET', url: url.href, headers, maxBytes, timeoutMs });
  if (answer.status === 200) return { bytes: answer.body, headers: answer.headers };
  if (answer.status === 404 || answer.status === 410) return undefined;
  throw statusFailure(answer.status, url);
}

/** What a status other than 200 and 404 means. */
export function statusFailure(status: number, url: URL): Failure {
  const place = placeOf(url);
  if (status === 401 || status === 403) {
    return new Failure('contentDenied', `${place} answered ${status}: name an account that may read it`);
  }
  if (status === 408 || status === 429 || status >= 500) {
    return new Failure('outboundUnavailable', `${place} answered ${status}`);
  }
  return new Failure('fetchNotPossible', `${place} answered ${status} instead of the content`);
}

function placeOf(url: URL): string {
  return `${url.host}${url.pathname}`.slice(0, 300);
}
