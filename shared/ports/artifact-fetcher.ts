import type { Account, AccountSecret, AccountType } from '../domain/account.ts';
import type { Artifact } from '../domain/artifact.ts';

export interface FetchRequest {
  /** For whose run: registries and roles of AWS are asked in its name. */
  readonly pipeline: string;
  readonly artifact: Artifact;
  /** The account that the artifact names, once it is known that the pipeline may use it. */
  readonly account?: { readonly account: Account; readonly secret: AccountSecret };
  /** Failure tooLarge beyond it. */
  readonly maxBytes: number;
  /** For each exchange with the other side; a fetcher makes at most four. */
  readonly timeoutMs: number;
}

export interface Fetched {
  readonly bytes: Uint8Array;
  /** The version that these bytes are for good: an S3 versionId, a GCS generation, a commit. Absent: the place has none. */
  readonly version?: string;
}

/**
 * Fetches artifacts of one type. Credentials go to the account's host and authHost only, whatever the artifact says.
 * Failures: contentNotFound (404), contentDenied (401, 403), checksumMismatch, tooLarge, fetchNotPossible (the reference cannot be
 * fetched, with what it should be), accountNotPermitted (the account is for another host), addressRefused, outboundRefused,
 * outboundUnavailable (5xx, 429, time, network; retryable).
 */
export interface ArtifactFetcher {
  /** The artifact's type. */
  readonly type: string;
  readonly accountTypes: readonly AccountType[];
  fetch(request: FetchRequest): Promise<Fetched>;
}
