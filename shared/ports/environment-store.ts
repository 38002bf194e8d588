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

  /** Takes the lock for a stage if it is free or the execution's own. */
  acquire(
    lock: Omit<EnvironmentLock, 'stages'> & { readonly stage: string },
  ): Promise<{ readonly kind: 'acquired' } | { readonly kind: 'held'; readonly by: string }>;
  /** Leaves with one stage; the lock is free when the last has left. Nothing happens if it is another's. */
  release(environment: string, pipeline: string, holder: string, stage: string): Promise<void>;
  lock(environment: string, pipeline: string): Promise<EnvironmentLock | undefined>;
  /** Every lock held now, for the sweep. */
  locks(page: PageRequest): Promise<Page<EnvironmentLock>>;

  /** Idempotent put. */
  arrive(arrival: Arrival): Promise<void>;
  leave(arrival: Omit<Arrival, 'ready'>): Promise<void>;
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
