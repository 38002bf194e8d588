import type { IncomingMessage } from 'node:http';
import { type Digest, parseDigest } from '../../shared/domain/digest.ts';
import { type Answer, answer, refuse } from './answers.ts';
import { invalidDigest } from './blob-routes.ts';
import type { Call } from './call.ts';
import { type ManifestReference, readManifest } from './manifest.ts';
import { isTagName } from './names.ts';
import { type Storage, sha256Digest, storedSize } from './storage.ts';

/** A reference with a colon is a digest; a tag cannot hold one. */
type Reference =
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'badDigest' | 'badTag' };

export async function answerManifest(call: Call, repository: string, text: string): Promise<Answer> {
  const reference = parseReference(text);
  if (reference.kind === 'badDigest') return invalidDigest(text);
  switch (call.method) {
    case 'GET':
    case 'HEAD':
      return getManifest(call, repository, reference);
    case 'PUT':
      return putManifest(call, repository, reference);
    case 'DELETE':
      return deleteManifest(call, repository, reference);
    default:
      return refuse(405, 'UNSUPPORTED', 'Manifests take GET, HEAD, PUT and DELETE.', {
        headers: { allow: 'GET, HEAD, PUT, DELETE' },
      });
  }
}

function parseReference(text: string): Reference {
  if (!text.includes(':')) return isTagName(text) ? { kind: 'tag', tag: text } : { kind: 'badTag' };
  const digest = parseDigest(text);
  return digest === undefined ? { kind: 'badDigest' } : { kind: 'digest', digest };
}

async function resolve(storage: Storage, repository: string, reference: Reference): Promise<Digest | undefined> {
  if (reference.kind === 'digest') return reference.digest;
  return reference.kind === 'tag' ? storage.tag(repository, reference.tag) : undefined;
}

async function getManifest(call: Call, repository: string, reference: Reference): Promise<Answer> {
  const { storage, log } = call.parts;
  const digest = await resolve(storage, repository, reference);
  const manifest = digest === undefined ? undefined : await storage.findManifest(repository, digest);
  if (manifest === undefined) return unknown(repository, reference);
  const bytes = await storage.readManifest(manifest);
  if (bytes === undefined) {
    log.error('manifest on disk is not the bytes of its digest', { repository, digest: manifest.digest });
    return refuse(500, 'UNKNOWN', `the stored manifest is no longer ${manifest.digest}; push it again`);
  }
  const headers = {
    'content-type': manifest.mediaType,
    'docker-content-digest': manifest.digest,
    etag: `"${manifest.digest}"`,
  };
  return answer(200, headers, bytes);
}

async function putManifest(call: Call, repository: string, reference: Reference): Promise<Answer> {
  if (reference.kind === 'badTag') {
    return refuse(
      400,
      'MANIFEST_INVALID',
      'a tag is 1 to 128 of letters, digits and ._- and does not begin with . or -',
    );
  }
  const { manifestBytes, storage, pushes } = call.parts;
  const bytes = await readBody(call.request, manifestBytes);
  if (bytes === undefined) return refuse(413, 'SIZE_INVALID', `a manifest has at most ${manifestBytes} bytes`);
  const digest = sha256Digest(bytes);
  if (reference.kind === 'digest' && reference.digest !== digest) {
    return refuse(400, 'DIGEST_INVALID', `the bytes that came are ${digest}`, { detail: { digest: reference.digest } });
  }
  const reading = readManifest(bytes, call.request.headers['content-type']);
  if (reading.kind === 'invalid') return refuse(400, 'MANIFEST_INVALID', reading.message);
  const refused = await checkReferences(storage, repository, reading.references);
  if (refused !== undefined) return refused;
  const tag = reference.kind === 'tag' ? reference.tag : undefined;
  await pushes.take({ repository, tag, bytes, reading, actor: call.access.subject });
  return answer(201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    ...(reading.subject === undefined ? {} : { 'oci-subject': reading.subject }),
  });
}

/** undefined = everything that the manifest names is here, in its size. */
async function checkReferences(
  storage: Storage,
  repository: string,
  references: readonly ManifestReference[],
): Promise<Answer | undefined> {
  for (const { kind, digest, size } of references) {
    const stored = await storedSize(storage, repository, { kind, digest });
    if (stored === undefined) {
      const what = kind === 'manifest' ? 'manifest' : 'blob';
      return refuse(404, 'MANIFEST_BLOB_UNKNOWN', `${repository} has no ${what} ${digest}; push it first`, {
        detail: { digest },
      });
    }
    if (stored !== size) {
      return refuse(400, 'SIZE_INVALID', `${digest} has ${stored} bytes, the manifest says ${size}`, {
        detail: { digest },
      });
    }
  }
  return undefined;
}

async function deleteManifest(call: Call, repository: string, reference: Reference): Promise<Answer> {
  const { storage } = call.parts;
  const digest = await resolve(storage, repository, reference);
  const manifest = digest === undefined ? undefined : await storage.findManifest(repository, digest);
  if (manifest === undefined) return unknown(repository, reference);
  if (reference.kind === 'tag') {
    await storage.removeTag(repository, reference.tag);
    return answer(202);
  }
  for (const tag of await storage.tags(repository)) {
    if ((await storage.tag(repository, tag)) === manifest.digest) await storage.removeTag(repository, tag);
  }
  const bytes = await storage.readManifest(manifest);
  const reading = bytes === undefined ? undefined : readManifest(bytes, manifest.mediaType);
  if (reading?.kind === 'ok' && reading.subject !== undefined) {
    await storage.removeReferrer(repository, reading.subject, manifest.digest);
  }
  await storage.removeManifest(repository, manifest.digest);
  return answer(202);
}

function unknown(repository: string, reference: Reference): Answer {
  const what =
    reference.kind === 'digest' ? reference.digest : reference.kind === 'tag' ? `tag ${reference.tag}` : 'such tag';
  return refuse(404, 'MANIFEST_UNKNOWN', `${repository} has no ${what}`);
}

/** undefined = longer than `limit`. */
async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.byteLength;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
