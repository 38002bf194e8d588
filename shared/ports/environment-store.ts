import type { Arrival, EnvironmentLock, Head, VerifiedDeployment } from '../domain/environment.ts';
import type { Order } from '../domain/execution.ts';
import type { Page, PageRequest } from '../domain/page.ts';

export interface HeadKey {
  readonly environment: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly job: string;
  readonly step: string;
}

/** A step of an execution that is about to change what a head says (concurrency `parallel`). */
export interface DeployIntent {
  readonly order: Order;
  readonly executionId: string;
  readonly node: string;
}

export interface EnvironmentStore {
  environments(): Promise<readonly string[]>;
  /** Heads of an environment, of one pipeline if given; consistent. */
  heads(environment: string, pipeline?: string): Promise<readonly Head[]>;
  /**
   * Moves the head if there is none or its order is not newer, and adds to the history (put if absent).
   * The same digest again keeps `since`. Answers what stands there if it is newer.
   */
  moveHead(head: Head): Promise<{ readonly kind: 'moved' } | { readonly kind: 'newer'; readonly head: Head }>;
  /** Newest first. */
  history(environment: string, page: PageRequest): Promise<Page<Head>>;

  /** Put if absent by (environment, digest, execution, node). */
  addVerified(deployment: VerifiedDeployment): Promise<void>;
  verifiedByDigest(environment: string, digest: string): Promise<readonly VerifiedDeployment[]>;
  verifiedByRevision(environment: string, repository: string, revision: string): Promise<readonly VerifiedDeployment[]>;

  /** Who took the lock last; consistent. Whether it is still held is in the ledger. */
  lock(environment: string, pipeline: string): Promise<EnvironmentLock | undefined>;
  /** Puts `next` where exactly `seen` stands (undefined = nothing); false = something else does. */
  swapLock(seen: EnvironmentLock | undefined, next: EnvironmentLock): Promise<boolean>;

  /** Idempotent put. */
  arrive(arrival: Arrival): Promise<void>;
  leave(arrival: Omit<Arrival, 'ready' | 'attempt'>): Promise<void>;
  /** Oldest order first; consistent. */
  arrivals(environment: string, pipeline: string): Promise<readonly Arrival[]>;

  /** Puts the intent if there is none, it is this one, or the one there is `replacing`. Answers what stands there otherwise. */
  intend(
    key: HeadKey,
    intent: DeployIntent,
    replacing?: DeployIntent,
  ): Promise<{ readonly kind: 'intended' } | { readonly kind: 'other'; readonly intent: DeployIntent }>;
  /** Takes the intent away if it is still this one. */
  unintend(key: HeadKey, intent: DeployIntent): Promise<void>;
}
