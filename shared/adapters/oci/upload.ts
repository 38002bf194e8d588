import { createHash, type Hash } from 'node:crypto';
import { Failure } from '../../domain/failure.ts';
import type { Asker, BlobDescriptor, BlobUpload, UploadResult, UploadSource } from '../../ports/registry-client.ts';
import type { Call, Transport } from './transport.ts';

/** What is in memory of a blob at a time. ECR takes no piece under 5 MiB but the last. */
const pieceBytes = 8 * 1024 * 1024;
/** A registry may ask for larger pieces (OCI-Chunk-Min-Length), but not for all of the memory. */
const maxPieceBytes = 64 * 1024 * 1024;
/** A piece is sent over any link worth the name in this time. */
const pieceTimeoutMs = 120_000;
const maxAnswerBytes = 64 * 1024;
const maxLocationLength = 4096;
/** How often an upload that broke is taken up again within one call. */
const maxBreaks = 3;

export interface UploadPlace {
  readonly host: string;
  readonly path: string;
  readonly repository: string;
  readonly asker?: Asker;
}

interface Uploading {
  readonly transport: Transport;
  readonly place: UploadPlace;
  readonly blob: BlobDescriptor;
  readonly source: UploadSource;
}

interface Session extends BlobUpload {
  readonly pieceBytes: number;
}

/** Uploads as in the port: one request for what fits into a piece, else piece by piece, each acknowledged. */
export async function uploadBlob(uploading: Uploading): Promise<UploadResult> {
  const { source } = uploading;
  let session = source.resume === undefined ? undefined : await findUpload(uploading, source.resume);
  for (let breaks = 0; ; breaks += 1) {
    if (session === undefined) {
      const started = await startUpload(uploading);
      if (started === 'mounted') return { kind: 'stored' };
      session = started;
    }
    const state = { session };
    try {
      return await sendFrom(uploading, state);
    } catch (error) {
      if (!(error instanceof Failure) || breaks >= maxBreaks) throw error;
      const lost = isLost(error, state.session);
      if (!lost && !error.retryable) throw error;
      session = lost ? undefined : await findUpload(uploading, state.session);
    }
  }
}

async function startUpload(uploading: Uploading): Promise<Session | 'mounted'> {
  const { blob, source } = uploading;
  const from = source.mountFrom;
  const query = from === undefined ? '' : `?mount=${blob.digest}&from=${encodeURIComponent(from)}`;
  const answer = await call(uploading, { method: 'POST', route: `blobs/uploads/${query}`, from });
  if (answer.status === 201 && from !== undefined) return 'mounted';
  const least = Number(answer.headers['oci-chunk-min-length'] ?? 0);
  const location = locationOf(uploading, answer.headers.location);
  return { location, offset: 0, pieceBytes: Math.min(Math.max(pieceBytes, least || 0), maxPieceBytes) };
}

/** The registry no longer has the upload, has it elsewhere, or somebody else wrote to it too: it is begun again. */
function isLost(error: Failure, { offset }: Session): boolean {
  if (offset === 0) return false;
  return isMixed(error) || [404, 409, 416].includes(Number(error.details.status)) || isInvalid(error);
}

/** The registry's word about a whole upload; what was found here to be wrong stays wrong. */
function isMixed({ code, details }: Failure): boolean {
  return code === 'digestMismatch' && details.status !== undefined;
}

function isInvalid({ details }: Failure): boolean {
  return details.said === 'BLOB_UPLOAD_INVALID' || details.said === 'BLOB_UPLOAD_UNKNOWN';
}

/** How far an upload is; undefined = the registry cannot say, and it is begun again. */
async function findUpload(uploading: Uploading, known: BlobUpload): Promise<Session | undefined> {
  try {
    const answer = await call(uploading, { method: 'GET', route: known.location });
    const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(answer.headers.range ?? '')?.[1];
    // `0-0` is said of an empty upload too.
    if (last === undefined || last === '0') return undefined;
    const offset = Number(last) + 1;
    const location = locationOf(uploading, answer.headers.location ?? known.location);
    return offset > uploading.blob.size ? undefined : { location, offset, pieceBytes };
  } catch (error) {
    if (error instanceof Failure && !error.retryable && error.details.status !== undefined) return undefined;
    if (error instanceof Failure && Number(error.details.status ?? 0) >= 500) return undefined;
    throw error;
  }
}

async function sendFrom(uploading: Uploading, state: { session: Session }): Promise<UploadResult> {
  const { blob, source } = uploading;
  const hash = state.session.offset === 0 ? createHash('sha256') : undefined;
  const whole = blob.size <= state.session.pieceBytes && state.session.offset === 0;
  for await (const piece of piecesOf(uploading, state.session)) {
    hash?.update(piece);
    if (whole) return finish(uploading, state.session, { hash, rest: piece });
    if (source.mayGoOn?.() === false) {
      const { location, offset } = state.session;
      return offset === 0 ? { kind: 'paused' } : { kind: 'paused', upload: { location, offset } };
    }
    state.session = await sendPiece(uploading, state.session, piece);
  }
  return finish(uploading, state.session, { hash, rest: new Uint8Array() });
}

/** The source's bytes in pieces, exactly as many as the blob has: Failure digestMismatch for others. At least one piece. */
async function* piecesOf({ blob, source, place }: Uploading, session: Session): AsyncGenerator<Uint8Array> {
  const wrong = (got: string) =>
    new Failure('digestMismatch', `${blob.digest} for ${place.repository} has ${got}, its manifest says ${blob.size}`);
  let read = session.offset;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of source.read(session.offset)) {
    read += chunk.byteLength;
    if (read > blob.size) throw wrong(`more than ${blob.size} bytes`);
    for (let at = 0; at < chunk.byteLength; ) {
      const taken = chunk.subarray(at, at + session.pieceBytes - heldBytes);
      held.push(taken);
      heldBytes += taken.byteLength;
      at += taken.byteLength;
      if (heldBytes < session.pieceBytes) continue;
      const piece = Buffer.concat(held);
      held = [];
      heldBytes = 0;
      yield piece;
    }
  }
  if (read !== blob.size) throw wrong(`${read} bytes`);
  if (heldBytes > 0 || blob.size === 0) yield Buffer.concat(held);
}

async function sendPiece(uploading: Uploading, session: Session, piece: Uint8Array): Promise<Session> {
  const end = session.offset + piece.byteLength;
  const answer = await call(uploading, {
    method: 'PATCH',
    route: session.location,
    headers: { 'content-type': 'application/octet-stream', 'content-range': `${session.offset}-${end - 1}` },
    body: piece,
  });
  const taken = /-(\d{1,15})$/.exec(answer.headers.range ?? '')?.[1];
  if (taken !== undefined && Number(taken) !== end - 1) {
    const message = `${whatOf(uploading)}: ${end} bytes were sent, the registry says that it has ${Number(taken) + 1}`;
    throw new Failure('registryUnavailable', message);
  }
  return { ...session, offset: end, location: locationOf(uploading, answer.headers.location ?? session.location) };
}

/** The registry compares the digest with what it has; what was read here is compared before it is asked to. */
async function finish(
  uploading: Uploading,
  session: Session,
  { hash, rest }: { readonly hash: Hash | undefined; readonly rest: Uint8Array },
): Promise<UploadResult> {
  const { digest } = uploading.blob;
  const got = hash === undefined ? digest : `sha256:${hash.digest('hex')}`;
  if (got !== digest) {
    // It is of no use to anybody; a registry that keeps it removes it in time.
    await call(uploading, { method: 'DELETE', route: session.location }).catch(() => undefined);
    throw new Failure('digestMismatch', `${whatOf(uploading)}: the bytes are those of ${got}, not of ${digest}`);
  }
  const separator = session.location.includes('?') ? '&' : '?';
  await call(uploading, {
    method: 'PUT',
    route: `${session.location}${separator}digest=${encodeURIComponent(digest)}`,
    headers: { 'content-type': 'application/octet-stream' },
    body: rest,
  });
  return { kind: 'stored' };
}

/**
 * Path and query alone, at the registry that was asked: a registry behind a proxy may name http:// for itself, and none may
 * lead a layer and credentials to another host.
 */
function locationOf({ place }: Uploading, location: string | undefined): string {
  const base = `https://${place.host}`;
  if (location === undefined || location.length > maxLocationLength || !URL.canParse(location, base)) {
    throw new Failure('registryUnavailable', `${place.host} names no place for an upload`, { retryable: false });
  }
  const url = new URL(location, base);
  const named = new URL(`${url.protocol}//${place.host}`).host;
  const relative = location.startsWith('/') && !location.startsWith('//');
  if (!relative && url.host !== named) {
    throw new Failure('outboundRefused', `${place.host} would have the upload sent to ${url.host}`);
  }
  return `${url.pathname}${url.search}`;
}

function whatOf({ blob, place }: Uploading): string {
  return `upload of ${blob.digest} to ${place.repository}`;
}

async function call(
  uploading: Uploading,
  wanted: Pick<Call, 'method' | 'route' | 'headers' | 'body' | 'from'>,
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>> }> {
  const { host, path, asker } = uploading.place;
  const answer = await uploading.transport.call({
    ...wanted,
    host,
    path,
    asker,
    maxBytes: maxAnswerBytes,
    timeoutMs: pieceTimeoutMs,
    what: whatOf(uploading),
    missing: 'repositoryUnknown',
  });
  // Read to its end, so that the connection can be used again.
  for await (const _ of answer.body);
  return answer;
}
