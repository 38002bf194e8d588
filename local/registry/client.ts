import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Digest } from '../../shared/domain/digest.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Manifest, RegistryClient } from '../../shared/ports/registry-client.ts';
import { readManifest } from './manifest.ts';
import { isRepositoryPath, isTagName } from './names.ts';
import type { Pushes } from './pushes.ts';
import { receiveBlob } from './receive-blob.ts';
import { type Storage, type StoredManifest, sha256Digest, storedSize } from './storage.ts';
import type { Uploads } from './uploads.ts';

/** The embedded registry's host in pipelines and records, whatever port it listens on (ruling 19). */
export const embeddedHost = 'registry.local';

interface EmbeddedParts {
  readonly storage: Storage;
  readonly uploads: Uploads;
  readonly pushes: Pushes;
}

/** The embedded registry as a port, in process. Bytes are hashed when read: a file altered on disk is digestMismatch. */
export function createEmbeddedClient({ storage, uploads, pushes }: EmbeddedParts): RegistryClient {
  async function take(repository: string, manifest: Manifest, tag?: string): Promise<void> {
    if (sha256Digest(manifest.bytes) !== manifest.digest) {
      throw new Failure('digestMismatch', `the bytes for ${repository} are not those of ${manifest.digest}`);
    }
    const reading = readManifest(manifest.bytes, manifest.mediaType);
    if (reading.kind === 'invalid') throw new Failure('invalidInput', `${manifest.digest}: ${reading.message}`);
    const path = pathOf(repository, 'repositoryUnknown');
    for (const reference of reading.references) {
      const size = await storedSize(storage, path, reference);
      if (size === reference.size) continue;
      const what = size === undefined ? 'does not have' : `has with ${size} bytes, not ${reference.size},`;
      throw new Failure('blobUnknown', `${repository} ${what} ${reference.digest}, which ${manifest.digest} names`);
    }
    await pushes.take({ repository: path, tag, bytes: manifest.bytes, reading });
  }

  async function manifestOf(repository: string, digest: Digest): Promise<Manifest> {
    const stored = await storage.findManifest(pathOf(repository), digest);
    if (stored === undefined) throw new Failure('manifestUnknown', `${repository} has no manifest ${digest}`);
    return { digest, mediaType: stored.mediaType, bytes: await checkedBytes(storage, repository, stored) };
  }

  async function* blobStream(repository: string, digest: Digest): AsyncGenerator<Uint8Array> {
    await blobSize(storage, repository, digest);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(storage.blobPath(digest))) {
      hash.update(chunk);
      yield chunk;
    }
    if (`sha256:${hash.digest('hex')}` !== digest) throw altered(repository, digest);
  }

  return {
    blobStream,
    manifest: manifestOf,
    async resolveTag(repository, tag) {
      const digest = isTagName(tag) ? await storage.tag(pathOf(repository), tag) : undefined;
      if (digest === undefined) throw new Failure('manifestUnknown', `${repository} has no tag ${tag}`);
      return manifestOf(repository, digest);
    },
    async blob(repository, digest, maxBytes) {
      const size = await blobSize(storage, repository, digest);
      if (size > maxBytes) {
        throw new Failure(
          'tooLarge',
          `${digest} in ${repository} has ${size} bytes, at most ${maxBytes} are read here`,
        );
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of blobStream(repository, digest)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    async putTag(repository, tag, manifest) {
      if (!isTagName(tag)) throw new Failure('invalidInput', `${JSON.stringify(tag)} is not a tag`);
      await manifestOf(repository, manifest.digest);
      await take(repository, manifest, tag);
    },
    putManifest: (repository, manifest) => take(repository, manifest),
    async *blobFrom(repository, digest, offset) {
      await blobSize(storage, repository, digest);
      yield* createReadStream(storage.blobPath(digest), { start: offset });
    },
    async hasBlob(repository, { digest, size }) {
      return (await storage.blobSize(pathOf(repository, 'repositoryUnknown'), digest)) === size;
    },
    async uploadBlob(repository, blob, source) {
      const path = pathOf(repository, 'repositoryUnknown');
      const from = source.mountFrom;
      if (from !== undefined && isRepositoryPath(from) && (await storage.blobSize(from, blob.digest)) === blob.size) {
        await storage.linkBlob(path, blob.digest);
        return { kind: 'stored' };
      }
      return receiveBlob(uploads, { repository: path, blob, source });
    },
  };
}

/** A name outside the grammar, or of another host, names nothing here; it must not become a path either. */
function pathOf(
  repository: string,
  missing: 'manifestUnknown' | 'blobUnknown' | 'repositoryUnknown' = 'manifestUnknown',
): string {
  const path = repository.startsWith(`${embeddedHost}/`) ? repository.slice(embeddedHost.length + 1) : '';
  if (isRepositoryPath(path)) return path;
  throw new Failure(missing, `${JSON.stringify(repository.slice(0, 300))} is not a repository of ${embeddedHost}`);
}

async function checkedBytes(storage: Storage, repository: string, stored: StoredManifest): Promise<Uint8Array> {
  const bytes = await storage.readManifest(stored);
  if (bytes === undefined) throw altered(repository, stored.digest);
  return bytes;
}

async function blobSize(storage: Storage, repository: string, digest: Digest): Promise<number> {
  const size = await storage.blobSize(pathOf(repository, 'blobUnknown'), digest);
  if (size === undefined) throw new Failure('blobUnknown', `${repository} has no blob ${digest}`);
  return size;
}

function altered(repository: string, digest: Digest): Failure {
  return new Failure(
    'digestMismatch',
    `what is stored in ${repository} under ${digest} has other bytes; push it again`,
  );
}
