import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Failure } from '../../domain/failure.ts';
import type { BlobStore } from '../../ports/access-store.ts';
import type { StoredBody, StoredItem } from './item.ts';
import { sha256 } from './key.ts';

/** Longer bodies, as they are stored, go to the BlobStore: an item may have 400 KB, and each further KB costs at every write. */
export const longestBody = 32 * 1024;
/** Longer texts are not packed: it is done in one go, 7 us for each KB after the first 20 us. */
export const longestPacked = 128 * 1024;
/** Shorter ones do not become smaller by enough to pay for a unit. */
export const shortestPacked = 256;

const unit = 1024;

export interface BodyPlace {
  readonly blobs: BlobStore;
  /** Default true. An engine that charges no write units is better off with bodies as they are: packing takes longer than the bytes. */
  readonly packs?: boolean | undefined;
  /** Size of the item without its body, in bytes. */
  readonly around: number;
}

/**
 * A body is packed where that saves a write unit, so that what is small stays readable. An over-long one is put away first, so
 * that no item ever points at nothing.
 */
export async function storeBody(bodyText: string, { around, blobs, packs = true }: BodyPlace): Promise<StoredBody> {
  const size = Buffer.byteLength(bodyText);
  const units = (bytes: number) => Math.ceil((around + bytes) / unit);
  if (packs && units(size) > 1 && size >= shortestPacked && size <= longestPacked) {
    const bytes = deflateRawSync(bodyText);
    if (bytes.length <= longestBody && units(bytes.length) < units(size)) return { kind: 'packed', bytes };
  }
  return size <= longestBody ? { kind: 'text', text: bodyText } : putAway(bodyText, blobs);
}

async function putAway(bodyText: string, blobs: BlobStore): Promise<StoredBody> {
  const bytes = new TextEncoder().encode(bodyText);
  const hash = sha256(bytes);
  const blob = `bodies/${hash.slice(0, 2)}/${hash}`;
  await blobs.put(blob, bytes);
  return { kind: 'blob', blob };
}

export async function loadBody(item: StoredItem, blobs: BlobStore): Promise<string> {
  const { body } = item;
  switch (body.kind) {
    case 'text':
      return body.text;
    case 'packed':
      return unpack(body.bytes, item);
    case 'blob':
      return fetchBody(body.blob, item, blobs);
  }
}

function unpack(bytes: Uint8Array, { key }: StoredItem): string {
  try {
    return inflateRawSync(bytes, { maxOutputLength: longestPacked }).toString('utf8');
  } catch (cause) {
    throw new Failure('internal', `The packed body of stored item ${key.pk} / ${key.sk} cannot be read.`, { cause });
  }
}

async function fetchBody(blob: string, { key }: StoredItem, blobs: BlobStore): Promise<string> {
  const bytes = await blobs.get(blob);
  if (bytes === undefined) {
    throw new Failure('internal', `Blob ${blob} of stored item ${key.pk} / ${key.sk} is missing.`);
  }
  return new TextDecoder().decode(bytes);
}
