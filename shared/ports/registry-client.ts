import type { Account } from '../domain/account.ts';
import type { Digest } from '../domain/digest.ts';

export interface Manifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Their sha256 is `digest`: checked by the adapter. */
  readonly bytes: Uint8Array;
  /** The account that they were got with, where not every pipeline may use it. */
  readonly account?: string;
}

/** For whom a registry is asked: with an account that one of these pipelines may use, or with none. */
export interface Asker {
  readonly pipelines: readonly string[];
  /** By the account's `internalHost`; Failure internalAddressUnknown without one. */
  readonly internal?: boolean;
}

/** What points at a blob. */
export interface BlobDescriptor {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** An upload under way at the registry, to go on with in another process. */
export interface BlobUpload {
  /** Path and query at the registry. */
  readonly location: string;
  /** Bytes that the registry has acknowledged. */
  readonly offset: number;
}

export interface UploadSource {
  /** The blob's bytes from this one on. */
  read(offset: number): AsyncIterable<Uint8Array>;
  /** Path of another repository of the same registry that has it: nothing is sent where the registry takes it from there. */
  readonly mountFrom?: string;
  /** What an earlier call answered. */
  readonly resume?: BlobUpload;
  /** Asked between two pieces; false = pause. Default: never pauses. */
  mayGoOn?(): boolean;
}

export type UploadResult = { readonly kind: 'stored' } | { readonly kind: 'paused'; readonly upload?: BlobUpload };

/**
 * Any OCI registry. `repository` is always `host/path`; `registry.local` is the embedded one.
 * Failures: registryDenied (401, 403), manifestUnknown or blobUnknown (404), digestMismatch (other bytes under the digest),
 * registryUnavailable (5xx, 429, time-out, network; retryable), addressRefused, tooLarge; accountNotPermitted: denied, and there
 * is an account for it that the asker may not use. Without an asker only accounts of every pipeline are used.
 * Writing also: repositoryUnknown (the registry makes none by itself), tagExists (a tag that cannot be moved).
 */
export interface RegistryClient {
  /** What the tag points at now; the manifest's bytes are hashed, a Docker-Content-Digest header is not believed. */
  resolveTag(repository: string, tag: string, asker?: Asker): Promise<Manifest>;
  manifest(repository: string, digest: Digest, asker?: Asker): Promise<Manifest>;
  /** At most `maxBytes` (Failure tooLarge), whole and hashed: configs and other small blobs. */
  blob(repository: string, digest: Digest, maxBytes: number, asker?: Asker): Promise<Uint8Array>;
  /** Streams a blob; ends with Failure digestMismatch if the bytes are not the digest's. Nothing may be kept before the end. */
  blobStream(repository: string, digest: Digest, asker?: Asker): AsyncIterable<Uint8Array>;
  /** Puts the manifest's own bytes under a tag of the same repository. */
  putTag(repository: string, tag: string, manifest: Manifest, asker?: Asker): Promise<void>;
  /** The blob from a byte on; unchecked, since a part has no digest. */
  blobFrom(repository: string, digest: Digest, offset: number, asker?: Asker): AsyncIterable<Uint8Array>;
  /** Whether the repository has the blob, in its size. */
  hasBlob(repository: string, blob: BlobDescriptor, asker?: Asker): Promise<boolean>;
  /**
   * Uploads a blob in pieces, a few MiB in memory at a time; what is there already is harmless. Its bytes are hashed on the way
   * where they are all sent by this call, and by the registry always: Failure digestMismatch, and nothing is stored.
   */
  uploadBlob(repository: string, blob: BlobDescriptor, source: UploadSource, asker?: Asker): Promise<UploadResult>;
  /** Puts the manifest's own bytes under their digest, without a tag. What it names must be there: Failure blobUnknown. */
  putManifest(repository: string, manifest: Manifest, asker?: Asker): Promise<void>;
}

/** The same client, asking for these pipelines; `internal` = by the internal address. */
export function registryFor(
  registry: RegistryClient,
  pipelines: readonly string[],
  { internal = false }: { readonly internal?: boolean } = {},
): RegistryClient {
  const asker: Asker = internal ? { pipelines, internal } : { pipelines };
  return {
    resolveTag: (repository, tag) => registry.resolveTag(repository, tag, asker),
    manifest: (repository, digest) => registry.manifest(repository, digest, asker),
    blob: (repository, digest, maxBytes) => registry.blob(repository, digest, maxBytes, asker),
    blobStream: (repository, digest) => registry.blobStream(repository, digest, asker),
    putTag: (repository, tag, manifest) => registry.putTag(repository, tag, manifest, asker),
    blobFrom: (repository, digest, offset) => registry.blobFrom(repository, digest, offset, asker),
    hasBlob: (repository, blob) => registry.hasBlob(repository, blob, asker),
    uploadBlob: (repository, blob, source) => registry.uploadBlob(repository, blob, source, asker),
    putManifest: (repository, manifest) => registry.putManifest(repository, manifest, asker),
  };
}

export interface RegistryAccount {
  readonly account: Account;
  readonly password?: string;
  readonly token?: string;
}

/** There are accounts for the registry, and none that the asker may use. */
export interface WithheldAccount {
  readonly account?: undefined;
  /** All of them say that it speaks plain HTTP, which it then does to everybody. */
  readonly insecure: boolean;
}

/** Finds the account whose host is the registry's, with its credentials. Undefined: there is none. */
export type RegistryAccounts = (host: string, asker?: Asker) => Promise<RegistryAccount | WithheldAccount | undefined>;
