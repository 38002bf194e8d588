import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestHex, parseDigest } from '../../shared/domain/digest.ts';
import { type Disk, namesIn, readIfThere, sizeIfThere } from './disk.ts';
import type { ManifestReference } from './manifest.ts';
import { parseTagFileName, tagToFileName } from './names.ts';

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

/** A descriptor of the referrers API. */
export interface Referrer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Bytes once per digest, links per repository: a blob of another repository is invisible. Repositories are grammar-checked before. */
export interface Storage {
  blobPath(digest: Digest): string;
  /** Size, undefined if the repository does not have it. */
  blobSize(repository: string, digest: Digest): Promise<number | undefined>;
  linkBlob(repository: string, digest: Digest): Promise<void>;
  /** `file` holds the digest's bytes, checked by the caller. */
  adoptBlob(repository: string, digest: Digest, file: string): Promise<void>;

  findManifest(repository: string, digest: Digest): Promise<StoredManifest | undefined>;
  /** undefined if the bytes on disk are no longer the digest's. */
  readManifest(manifest: StoredManifest): Promise<Uint8Array | undefined>;
  storeManifest(repository: string, manifest: StoredManifest, bytes: Uint8Array): Promise<void>;
  removeManifest(repository: string, digest: Digest): Promise<void>;

  tag(repository: string, tag: string): Promise<Digest | undefined>;
  setTag(repository: string, tag: string, digest: Digest): Promise<void>;
  removeTag(repository: string, tag: string): Promise<void>;
  /** In code unit order. */
  tags(repository: string): Promise<readonly string[]>;

  addReferrer(repository: string, subject: Digest, referrer: Referrer): Promise<void>;
  removeReferrer(repository: string, subject: Digest, digest: Digest): Promise<void>;
  /** Names of the referrers of a subject, in order, then each by name. */
  referrers(repository: string, subject: Digest): Promise<readonly Digest[]>;
  referrer(repository: string, subject: Digest, digest: Digest): Promise<Referrer | undefined>;

  exists(repository: string): Promise<boolean>;
}

export function createStorage(folder: string, disk: Disk): Storage {
  // A leading underscore cannot begin a component of a repository's name, so `a` and `a/_tags` never meet.
  const inside = (repository: string, ...parts: readonly string[]) =>
    join(folder, 'repositories', ...repository.split('/'), ...parts);
  const blobPath = (digest: Digest) =>
    join(folder, 'blobs', 'sha256', digestHex(digest).slice(0, 2), digestHex(digest));
  const blobLink = (repository: string, digest: Digest) => inside(repository, '_blobs', digestHex(digest));
  const manifestLink = (repository: string, digest: Digest) => inside(repository, '_manifests', digestHex(digest));
  const tagFile = (repository: string, tag: string) => inside(repository, '_tags', tagToFileName(tag));
  const referrerFile = (repository: string, subject: Digest, digest: Digest) =>
    inside(repository, '_referrers', digestHex(subject), digestHex(digest));

  async function linkBlob(repository: string, digest: Digest): Promise<void> {
    if ((await sizeIfThere(blobLink(repository, digest))) === undefined) {
      await disk.write(blobLink(repository, digest), digest);
    }
  }

  return {
    blobPath,
    linkBlob,
    async blobSize(repository, digest) {
      if ((await sizeIfThere(blobLink(repository, digest))) === undefined) return undefined;
      return sizeIfThere(blobPath(digest));
    },
    async adoptBlob(repository, digest, file) {
      await disk.adopt(file, blobPath(digest));
      await linkBlob(repository, digest);
    },
    async findManifest(repository, digest) {
      const link = await readIfThere(manifestLink(repository, digest));
      const size = await sizeIfThere(blobPath(digest));
      if (link === undefined || size === undefined) return undefined;
      return { digest, mediaType: Buffer.from(link).toString(), size };
    },
    async readManifest(manifest) {
      const bytes = await readIfThere(blobPath(manifest.digest));
      if (bytes === undefined || sha256Digest(bytes) !== manifest.digest) return undefined;
      return bytes;
    },
    async storeManifest(repository, manifest, bytes) {
      await disk.write(blobPath(manifest.digest), bytes);
      await disk.write(manifestLink(repository, manifest.digest), manifest.mediaType);
    },
    removeManifest: (repository, digest) => rm(manifestLink(repository, digest), { force: true }),
    async tag(repository, tag) {
      const text = await readIfThere(tagFile(repository, tag));
      return text === undefined ? undefined : parseDigest(Buffer.from(text).toString());
    },
    setTag: (repository, tag, digest) => disk.write(tagFile(repository, tag), digest),
    removeTag: (repository, tag) => rm(tagFile(repository, tag), { force: true }),
    async tags(repository) {
      const names = await namesIn(inside(repository, '_tags'));
      return names.flatMap((name) => parseTagFileName(name) ?? []).sort();
    },
    addReferrer: (repository, subject, referrer) =>
      disk.write(referrerFile(repository, subject, referrer.digest), JSON.stringify(referrer)),
    removeReferrer: (repository, subject, digest) => rm(referrerFile(repository, subject, digest), { force: true }),
    async referrers(repository, subject) {
      const names = await namesIn(inside(repository, '_referrers', digestHex(subject)));
      return names.flatMap((name) => parseDigest(`sha256:${name}`) ?? []);
    },
    async referrer(repository, subject, digest) {
      const text = await readIfThere(referrerFile(repository, subject, digest));
      return text === undefined ? undefined : JSON.parse(Buffer.from(text).toString());
    },
    async exists(repository) {
      const own = await Promise.all(['_manifests', '_blobs'].map((name) => sizeIfThere(inside(repository, name))));
      return own.some((size) => size !== undefined);
    },
  };
}

/** Size of what a manifest names, as a blob or a manifest of the repository; undefined = it is not there. */
export async function storedSize(
  storage: Storage,
  repository: string,
  reference: Pick<ManifestReference, 'kind' | 'digest'>,
): Promise<number | undefined> {
  const blob = reference.kind === 'manifest' ? undefined : await storage.blobSize(repository, reference.digest);
  if (blob !== undefined || reference.kind === 'blob') return blob;
  return (await storage.findManifest(repository, reference.digest))?.size;
}

export function sha256Digest(bytes: Uint8Array): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (digest === undefined) throw new TypeError('sha256 gave no digest');
  return digest;
}

/** Makes the folders and throws away half-written files of an earlier process. */
export async function prepareFolders(folder: string): Promise<void> {
  await rm(join(folder, 'temp'), { recursive: true, force: true });
  for (const name of ['temp', 'uploads', 'pushes', 'blobs', 'repositories']) {
    await mkdir(join(folder, name), { recursive: true, mode: 0o750 });
  }
}
