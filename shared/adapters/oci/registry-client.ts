import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import { isJsonObject } from '../../domain/json.ts';
import { manifestMediaTypes } from '../../domain/manifest.ts';
import { isRepository, isTag, splitRepository } from '../../domain/reference.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Outbound } from '../../ports/outbound.ts';
import type { Asker, BlobDescriptor, Manifest, RegistryAccounts, RegistryClient } from '../../ports/registry-client.ts';
import { parseJson } from './faults.ts';
import { type Call, createTransport, type Transport } from './transport.ts';
import { uploadBlob } from './upload.ts';

export interface RegistryClientPorts {
  readonly outbound: Outbound;
  readonly accounts: RegistryAccounts;
  /** What `registry.local` is; absent where there is none (AWS). */
  readonly embedded?: RegistryClient;
  /** Default: the system's. */
  readonly clock?: Clock;
}

const embeddedHost = 'registry.local';
/** OCI distribution: what registries must take, and what they mostly refuse beyond. */
const maxManifestBytes = 4 * 1024 * 1024;
const maxLayerBytes = 16 * 1024 ** 3;
const smallTimeoutMs = 30_000;
const layerTimeoutMs = 3_600_000;

/** Any OCI registry over `outbound`, with the account of its host; `registry.local` in process. */
export function createRegistryClient(ports: RegistryClientPorts): RegistryClient {
  const transport = createTransport({ ...ports, clock: ports.clock ?? { now: () => Date.now() } });
  const remote = createRemote(transport);
  const clientOf = (repository: string, missing: Missing) =>
    splitRepository(repository).host === embeddedHost ? (ports.embedded ?? noEmbedded(missing)) : remote;
  return {
    resolveTag: async (repository, tag, asker) =>
      clientOf(repository, 'manifestUnknown').resolveTag(repository, tag, asker),
    manifest: async (repository, digest, asker) =>
      clientOf(repository, 'manifestUnknown').manifest(repository, digest, asker),
    blob: async (repository, digest, maxBytes, asker) =>
      clientOf(repository, 'blobUnknown').blob(repository, digest, maxBytes, asker),
    async *blobStream(repository, digest, asker) {
      yield* clientOf(repository, 'blobUnknown').blobStream(repository, digest, asker);
    },
    putTag: async (repository, tag, manifest, asker) =>
      clientOf(repository, 'manifestUnknown').putTag(repository, tag, manifest, asker),
    async *blobFrom(repository, digest, offset, asker) {
      yield* clientOf(repository, 'blobUnknown').blobFrom(repository, digest, offset, asker);
    },
    hasBlob: async (repository, blob, asker) =>
      clientOf(repository, 'repositoryUnknown').hasBlob(repository, blob, asker),
    uploadBlob: async (repository, blob, source, asker) =>
      clientOf(repository, 'repositoryUnknown').uploadBlob(repository, blob, source, asker),
    putManifest: async (repository, manifest, asker) =>
      clientOf(repository, 'repositoryUnknown').putManifest(repository, manifest, asker),
  };
}

type Missing = Call['missing'];

function noEmbedded(missing: Missing): never {
  throw new Failure(missing, `${embeddedHost} is the registry of the embedded engine, and this engine has none`);
}

function createRemote(transport: Transport): RegistryClient {
  return {
    async resolveTag(repository, tag, asker) {
      const place = placeOf(repository, 'manifestUnknown');
      const what = `manifest ${tag} of ${repository}`;
      if (!isTag(tag)) throw new Failure('manifestUnknown', `"${tag.slice(0, 200)}" cannot be a tag of ${repository}`);
      return getManifest(transport, place, { reference: tag, what, asker });
    },
    async manifest(repository, digest, asker) {
      const place = placeOf(repository, 'manifestUnknown');
      const what = `manifest ${digest} of ${repository}`;
      const manifest = await getManifest(transport, place, { reference: digest, what, asker });
      if (manifest.digest !== digest) throw mismatch(what, digest, manifest.digest);
      return manifest;
    },
    async blob(repository, digest, maxBytes, asker) {
      return Buffer.concat(
        await collect(blobBytes(transport, repository, { digest, maxBytes, timeoutMs: smallTimeoutMs, asker })),
      );
    },
    blobStream: (repository, digest, asker) =>
      blobBytes(transport, repository, { digest, maxBytes: maxLayerBytes, timeoutMs: layerTimeoutMs, asker }),
    putTag: (repository, tag, manifest, asker) => putTag(transport, repository, { tag, manifest, asker }),
    blobFrom: (repository, digest, offset, asker) => blobFrom(transport, repository, { digest, offset, asker }),
    hasBlob: (repository, blob, asker) => hasBlob(transport, repository, { blob, asker }),
    async uploadBlob(repository, blob, source, asker) {
      const place = { ...placeOf(repository, 'repositoryUnknown'), repository, asker };
      return uploadBlob({ transport, place, blob, source });
    },
    putManifest: (repository, manifest, asker) =>
      putManifest(transport, repository, { reference: manifest.digest, manifest, asker }),
  };
}

interface Place {
  readonly host: string;
  readonly path: string;
}

/** A name outside the grammar names nothing; it must not become a part of a URL either. */
function placeOf(repository: string, missing: Missing): Place {
  if (!isRepository(repository)) throw new Failure(missing, `"${repository.slice(0, 300)}" is not a repository`);
  return splitRepository(repository);
}

async function getManifest(
  transport: Transport,
  place: Place,
  asked: { readonly reference: string; readonly what: string; readonly asker?: Asker },
): Promise<Manifest> {
  const answer = await transport.call({
    ...place,
    method: 'GET',
    route: `manifests/${asked.reference}`,
    headers: { accept: manifestMediaTypes.join(', ') },
    maxBytes: maxManifestBytes,
    timeoutMs: smallTimeoutMs,
    what: asked.what,
    missing: 'manifestUnknown',
    asker: asked.asker,
  });
  const bytes = Buffer.concat(await collect(answer.body));
  const digest = digestOf(createHash('sha256').update(bytes));
  return { digest, mediaType: mediaTypeOf(bytes, answer.headers), bytes, account: answer.account };
}

/** The manifest's own word, which the digest covers, before the registry's header, which nothing covers. */
function mediaTypeOf(bytes: Uint8Array, headers: Readonly<Record<string, string>>): string {
  const document = parseJson(bytes);
  const fields = isJsonObject(document) ? document : {};
  if (typeof fields.mediaType === 'string' && fields.mediaType.length <= 255) return fields.mediaType;
  const header = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (manifestMediaTypes.includes(header)) return header;
  // OCI leaves mediaType out of many manifests, and some registries then say application/json.
  if (Array.isArray(fields.manifests)) return 'application/vnd.oci.image.index.v1+json';
  return isJsonObject(fields.config) ? 'application/vnd.oci.image.manifest.v1+json' : header;
}

async function* blobBytes(
  transport: Transport,
  repository: string,
  asked: { readonly digest: Digest; readonly maxBytes: number; readonly timeoutMs: number; readonly asker?: Asker },
): AsyncGenerator<Uint8Array> {
  const what = `blob ${asked.digest} of ${repository}`;
  const answer = await transport.call({
    ...placeOf(repository, 'blobUnknown'),
    method: 'GET',
    route: `blobs/${asked.digest}`,
    maxBytes: asked.maxBytes,
    timeoutMs: asked.timeoutMs,
    what,
    missing: 'blobUnknown',
    asker: asked.asker,
  });
  const hash = createHash('sha256');
  for await (const chunk of answer.body) {
    hash.update(chunk);
    yield chunk;
  }
  const digest = digestOf(hash);
  if (digest !== asked.digest) throw mismatch(what, asked.digest, digest);
}

async function* blobFrom(
  transport: Transport,
  repository: string,
  { digest, offset, asker }: { readonly digest: Digest; readonly offset: number; readonly asker?: Asker },
): AsyncGenerator<Uint8Array> {
  const answer = await transport.call({
    ...placeOf(repository, 'blobUnknown'),
    method: 'GET',
    route: `blobs/${digest}`,
    headers: offset === 0 ? undefined : { range: `bytes=${offset}-` },
    maxBytes: maxLayerBytes,
    timeoutMs: layerTimeoutMs,
    what: `blob ${digest} of ${repository}`,
    missing: 'blobUnknown',
    asker,
  });
  let skipped = 0;
  const toSkip = skippedBytes(answer, { offset, what: `blob ${digest} of ${repository}` });
  for await (const chunk of answer.body) {
    const rest = chunk.subarray(Math.min(chunk.byteLength, toSkip - skipped));
    skipped += chunk.byteLength - rest.byteLength;
    if (rest.byteLength > 0) yield rest;
  }
}

/** A registry that knows no ranges gives the whole. */
function skippedBytes(
  answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  { offset, what }: { readonly offset: number; readonly what: string },
): number {
  if (answer.status !== 206) return offset;
  if (answer.headers['content-range']?.startsWith(`bytes ${offset}-`)) return 0;
  throw new Failure('registryUnavailable', `${what}: another part was given than the one from byte ${offset}`);
}

async function hasBlob(
  transport: Transport,
  repository: string,
  { blob, asker }: { readonly blob: BlobDescriptor; readonly asker?: Asker },
): Promise<boolean> {
  const call: Call = {
    ...placeOf(repository, 'repositoryUnknown'),
    method: 'HEAD',
    route: `blobs/${blob.digest}`,
    maxBytes: maxManifestBytes,
    timeoutMs: smallTimeoutMs,
    what: `blob ${blob.digest} of ${repository}`,
    missing: 'blobUnknown',
    asker,
  };
  try {
    const answer = await transport.call(call);
    await collect(answer.body);
    const size = answer.headers['content-length'];
    return size === undefined || Number(size) === blob.size;
  } catch (error) {
    if (error instanceof Failure && error.code === 'blobUnknown') return false;
    throw error;
  }
}

interface PutManifest {
  readonly manifest: Manifest;
  readonly asker?: Asker;
}

async function putTag(
  transport: Transport,
  repository: string,
  wanted: PutManifest & { readonly tag: string },
): Promise<void> {
  const { tag, manifest, asker } = wanted;
  const place = placeOf(repository, 'manifestUnknown');
  if (!isTag(tag)) throw new Failure('invalidInput', `"${tag.slice(0, 200)}" cannot be a tag of ${repository}`);
  await putManifest(transport, repository, { reference: tag, manifest, asker });
  const what = `tag ${tag} of ${repository}`;
  const there = await getManifest(transport, place, { reference: tag, what, asker });
  if (there.digest !== manifest.digest) throw mismatch(what, manifest.digest, there.digest);
}

async function putManifest(
  transport: Transport,
  repository: string,
  wanted: PutManifest & { readonly reference: string },
): Promise<void> {
  const { reference, manifest, asker } = wanted;
  const isDigest = reference === manifest.digest;
  const what = `${isDigest ? 'manifest' : 'tag'} ${reference} of ${repository}`;
  const held = digestOf(createHash('sha256').update(manifest.bytes));
  if (held !== manifest.digest) throw mismatch(what, manifest.digest, held);
  await againInFlux(async () => {
    const answer = await transport.call({
      ...placeOf(repository, 'manifestUnknown'),
      method: 'PUT',
      route: `manifests/${reference}`,
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      maxBytes: maxManifestBytes,
      timeoutMs: smallTimeoutMs,
      what,
      missing: isDigest ? 'repositoryUnknown' : 'manifestUnknown',
      asker,
    });
    await collect(answer.body);
  });
}

const putTries = 3;

/**
 * Bytes that were hashed here are those of their digest. A registry that says otherwise has met a file that somebody else is just
 * writing (seen of distribution 2.8 on a disk, where two put the same manifest at once): they are put again.
 */
async function againInFlux(put: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await put();
    } catch (error) {
      const isInFlux = error instanceof Failure && error.code === 'digestMismatch';
      if (!isInFlux || tries === putTries) throw error;
    }
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks;
}

function digestOf(hash: ReturnType<typeof createHash>): Digest {
  const digest = parseDigest(`sha256:${hash.digest('hex')}`);
  if (digest === undefined) throw new Failure('internal', 'sha256 gave no digest');
  return digest;
}

function mismatch(what: string, wanted: Digest, got: Digest): Failure {
  return new Failure('digestMismatch', `${what}: the bytes are those of ${got}, not of ${wanted}`, {
    details: { wanted, got },
  });
}
