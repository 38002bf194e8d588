import { contentKey, contentReference, maxContentBytes, type StoredContent } from '../domain/content.ts';
import { Failure } from '../domain/failure.ts';
import type { Ports } from '../ports/ports.ts';

export type ContentPorts = Pick<Ports, 'contents' | 'blobs' | 'compression' | 'sha256' | 'clock'>;

export interface ContentToStore {
  /** The pipeline's name, or `uploads`. */
  readonly application: string;
  /** Of the bytes; not always what we would write: padding may be missing. */
  readonly base64: string;
  readonly bytes: Uint8Array;
  readonly uuid?: string;
  readonly retentionDays?: number;
}

const mostTries = 16;
const mostUuids = 20;
/** How old the note of the last use may get: saves a write where many runs bind the same content. */
const freshMs = 3_600_000;

/**
 * Keeps content under the hash of its base64 text, once per application. The record comes first and the bytes after it: whoever
 * dies in between leaves a record that the sweep finds and takes away; a reader finds nothing. Content that a sweep is removing
 * gets a new key, so that the sweep cannot take the new bytes.
 */
export async function storeContent(ports: ContentPorts, content: ContentToStore): Promise<StoredContent> {
  if (content.bytes.length > maxContentBytes) {
    throw new Failure('tooLarge', `Content has ${content.bytes.length} bytes; at most ${maxContentBytes} are stored`);
  }
  const record = await noteContent(ports, content, ports.sha256(content.base64));
  await ports.blobs.put(record.blob, await ports.compression.gzip(content.bytes));
  return record;
}

async function noteContent(ports: ContentPorts, content: ContentToStore, hash: string): Promise<StoredContent> {
  for (let tries = 0; tries < mostTries; tries++) {
    const known = await ports.contents.find(content.application, hash);
    const wanted = noted(ports, { content, hash, known });
    if (known === wanted) return wanted;
    const saved = await ports.contents.save(wanted);
    if (saved !== undefined) return saved;
  }
  throw new Failure('conflict', `Content ${hash} of ${content.application} is being stored by many at once`);
}

interface Noting {
  readonly content: ContentToStore;
  readonly hash: string;
  readonly known: StoredContent | undefined;
}

/** The record as it should be; the same object if it is so already. */
function noted(ports: ContentPorts, { content, hash, known }: Noting): StoredContent {
  const now = ports.clock.now();
  if (known === undefined || known.removing === true) return fresh(ports, { content, hash, known });
  const retentionDays = longest(known.retentionDays, content.retentionDays);
  const uuids = withUuid(known.uuids, content.uuid);
  const isSame = retentionDays === known.retentionDays && uuids === known.uuids && known.usedAt + freshMs > now;
  return isSame ? known : { ...known, retentionDays, uuids, usedAt: now };
}

function fresh(ports: ContentPorts, { content, hash, known }: Noting): StoredContent {
  const { application, bytes, retentionDays } = content;
  const now = ports.clock.now();
  // Never one that was there before: a sweep that is late would take the new bytes for the old ones.
  const generation = Math.max(now, (known?.generation ?? 0) + 1);
  return {
    application,
    hash,
    sha256: ports.sha256(bytes),
    size: bytes.length,
    blob: contentKey({ application, hash, generation }),
    generation,
    storedAt: now,
    usedAt: now,
    ...(retentionDays === undefined ? {} : { retentionDays }),
    uuids: withUuid(known?.uuids ?? [], content.uuid),
    rev: known?.rev ?? 0,
  };
}

function withUuid(uuids: readonly string[], uuid: string | undefined): readonly string[] {
  if (uuid === undefined || uuids.includes(uuid)) return uuids;
  return [...uuids, uuid].slice(-mostUuids);
}

function longest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** The bytes that a reference names; undefined if they were never stored, or are removed. Whether one may read them is the caller's. */
export async function readContent(
  ports: Pick<Ports, 'contents' | 'blobs' | 'compression' | 'sha256'>,
  { application, hash }: Pick<StoredContent, 'application' | 'hash'>,
): Promise<{ readonly content: StoredContent; readonly bytes: Uint8Array } | undefined> {
  const content = await ports.contents.find(application, hash);
  if (content === undefined || content.removing === true) return undefined;
  const packed = await ports.blobs.get(content.blob);
  if (packed === undefined) return undefined;
  const bytes = await ports.compression.gunzip(packed, maxContentBytes);
  if (ports.sha256(bytes) !== content.sha256) {
    throw new Failure('internal', `The stored bytes of ${contentReference(content)} are not those that were stored`);
  }
  return { content, bytes };
}
