import { hash } from 'node:crypto';

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** Longest part kept as it is. A sort key may have 1,024 bytes and joins at most five parts. */
const longestPart = 190;

/**
 * Joins the parts of a key with `#`. Within a part `#` and `%` are escaped, so that no two lists of parts give the same key;
 * an over-long part is replaced by its hash.
 */
export function key(...parts: readonly string[]): string {
  return parts.map(keyPart).join('#');
}

function keyPart(part: string): string {
  const escaped = part.replace(/[%#]/g, (char) => (char === '#' ? '%23' : '%25'));
  return Buffer.byteLength(escaped) <= longestPart ? escaped : `%~${sha256(part)}`;
}

/** Epoch milliseconds as text that sorts as the number does. */
export function timeKey(epochMs: number): string {
  return String(Math.max(0, Math.trunc(epochMs))).padStart(15, '0');
}

export function sha256(text: string | Uint8Array): string {
  return hash('sha256', text);
}

/** Partitions that many writers share are cut in this many. Never to be changed: stored keys hold the number. */
const shardCount = 8;
export const shards: readonly string[] = Array.from({ length: shardCount }, (_, index) => String(index));

export function shardOf(id: string): string {
  return String(Number.parseInt(sha256(id).slice(0, 8), 16) % shardCount);
}
