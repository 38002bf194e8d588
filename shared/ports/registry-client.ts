import type { Account } from '../domain/account.ts';
import type { Digest } from '../domain/digest.ts';

export interface Manifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Their sha256 is `digest`: checked by the adapter. */
  readonly bytes: Uint8Array;
}

/**
 * Any OCI registry. `repository` is always `host/path`; `registry.local` is the embedded one.
 * Failures: registryDenied (401, 403), manifestUnknown or blobUnknown (404), digestMismatch (other bytes under the digest),
 * registryUnavailable (5xx, 429, time-out, network; retryable), addressRefused, tooLarge.
 */
export interface RegistryClient {
  /** What the tag points at now; the manifest's bytes are hashed, a Docker-Content-Digest header is not believed. */
  resolveTag(repository: string, tag: string): Promise<Manifest>;
  manifest(repository: string, digest: Digest): Promise<Manifest>;
  /** At most `maxBytes` (Failure tooLarge), whole and hashed: configs and other small blobs. */
  blob(repository: string, digest: Digest, maxBytes: number): Promise<Uint8Array>;
  /** Streams a blob; ends with Failure digestMismatch if the bytes are not the digest's. Nothing may be kept before the end. */
  blobStream(repository: string, digest: Digest): AsyncIterable<Uint8Array>;
  /** Puts the manifest's own bytes under a tag of the same repository. */
  putTag(repository: string, tag: string, manifest: Manifest): Promise<void>;
}

/** Finds the account whose host is the registry's, with its credentials. */
export type RegistryAccounts = (
  host: string,
) => Promise<{ readonly account: Account; readonly password?: string; readonly token?: string } | undefined>;
