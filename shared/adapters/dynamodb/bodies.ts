import { Failure } from '../../domain/failure.ts';
import type { BlobStore } from '../../ports/access-store.ts';
import type { StoredBody, StoredItem } from './item.ts';
import { sha256 } from './key.ts';

/** Longer bodies go to the BlobStore: an item may have 400 KB, and each further KB costs at every write. */
export const longestBody = 32 * 1024;

/** Puts an over-long body away first, so that no item ever points at nothing. */
export async function storeBody(bodyText: string, blobs: BlobStore): Promise<StoredBody> {
  if (Buffer.byteLength(bodyText) <= longestBody) return { text: bodyText };
  const bytes = new TextEncoder().encode(bodyText);
  const hash = sha256(bytes);
  const blob = `bodies/${hash.slice(0, 2)}/${hash}`;
  await blobs.put(blob, bytes);
  return { blob };
}

export async function loadBody(item: StoredItem, blobs: BlobStore): Promise<string> {
  if (item.body.blob === undefined) return item.body.text;
  const bytes = await blobs.get(item.body.blob);
  if (bytes === undefined) {
    throw new Failure('internal', `Blob ${item.body.blob} of stored item ${item.key.pk} / ${item.key.sk} is missing.`);
  }
  return new TextDecoder().decode(bytes);
}
