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

/** A run that stands before a stage of an environment: its needs are met, it has not left. */
export interface Arrival {
  readonly environment: string;
  readonly pipeline: string;
  readonly order: Order;
  readonly executionId: string;
  readonly stage: string;
  /** Its gates allowed it and it waits for the lock. */
  readonly ready: boolean;
}

/** Held by an execution, re-entrant in it, free when its last stage has left (rulings 1 to 3). */
export interface EnvironmentLock {
  readonly environment: string;
  readonly pipeline: string;
  readonly holder: string;
  readonly stages: readonly string[];
  readonly since: number;
}
