import type { Page } from '../domain/page.ts';

export interface PageOptions<T> {
  /** Unique in the list; the list is answered in its order. */
  readonly key: (item: T) => string;
  readonly cursor?: string;
  readonly limit: number;
}

/**
 * A page of a list that is short enough to be read whole (receivers, accounts, tokens, pipelines). The cursor is the last key,
 * so what comes or goes between two pages shifts nothing; undefined: not a cursor of ours.
 */
export function pageOf<T>(items: readonly T[], { key, cursor, limit }: PageOptions<T>): Page<T> | undefined {
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf8');
  if (cursor !== undefined && (after === '' || writeCursor(after) !== cursor)) return undefined;
  const rest = items.filter((item) => key(item) > after).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return last === undefined || rest.length <= limit ? { items: page } : { items: page, next: writeCursor(key(last)) };
}

function writeCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}
