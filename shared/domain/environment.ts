import type { Digest } from './digest.ts';
import type { Order } from './execution.ts';

/** What is in an environment, per (environment, pipeline, stage, job, step). Only an observed deployment moves it. */
export interface Head {
  readonly environment: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly job: string;
  readonly step: string;
  readonly repository: string;
  readonly digest: Digest;
  readonly order: Order;
  readonly executionId: string;
  /** When this digest came there; a re-deployment of the same digest does not change it. */
  readonly since: number;
}

/** A deployment that was observed in a stage that succeeded: what `verified` asks for. */
export interface VerifiedDeployment {
  readonly environment: string;
  readonly pipeline: string;
  readonly owners: readonly string[];
  readonly repository: string;
  readonly digest: Digest;
  readonly revision?: string;
  readonly executionId: string;
  readonly node: string;
  readonly at: number;
}

/** A stage of a run that has to wait before an environment, for its gates or for the lock, and has not left since. */
export interface Arrival {
  readonly environment: string;
  readonly pipeline: string;
  readonly order: Order;
  readonly executionId: string;
  /** The execution's, when it arrived: a place of an earlier attempt is nobody's. */
  readonly attempt: number;
  readonly stage: string;
  /** Its gates allowed it and it waits for the lock. */
  readonly ready: boolean;
}

/**
 * Who took the lock last. It is held by those of its stages that have not ended (`holders`), re-entrant in their execution,
 * and given back without a write: what says so is the end in the ledger (rulings 1 to 3).
 */
export interface EnvironmentLock {
  readonly environment: string;
  readonly pipeline: string;
  readonly holder: string;
  readonly order: Order;
  readonly attempt: number;
  readonly stages: readonly string[];
  readonly since: number;
}
