import { Failure } from '../../domain/failure.ts';

/** DynamoDB refuses longer sort keys. */
const longestSortKey = 1024;

/** A cursor is the sort key of the last entry seen, opaque to callers. */
export function writeCursor(sortKey: string): string {
  return Buffer.from(sortKey, 'utf8').toString('base64url');
}

/** Failure invalidInput for what `writeCursor` never wrote. */
export function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const sortKey = Buffer.from(cursor, 'base64url').toString('utf8');
  if (sortKey === '' || Buffer.byteLength(sortKey) > longestSortKey || writeCursor(sortKey) !== cursor) {
    throw new Failure('invalidInput', 'The cursor is not one that this service gave. Leave it out to start anew.');
  }
  return sortKey;
}
