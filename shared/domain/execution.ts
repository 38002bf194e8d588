import type { Artifact } from './artifact.ts';
import type { Digest } from './digest.ts';
import type { FaultRecord } from './failure.ts';
import type { Json, JsonObject } from './json.ts';

export type ExecutionStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'superseded';
export const openStatuses: readonly ExecutionStatus[] = ['queued', 'running'];

/** It has not ended: only then may anything of it still change. */
export function isOpen(execution: Pick<Execution, 'status'>): boolean {
  return openStatuses.includes(execution.status);
}

export type TriggerType = 'push' | 'scan' | 'build' | 'artifact' | 'webhook' | 'docker' | 'manual' | 'pipeline';

/** Why an execution started. */
export interface Trigger {
  readonly type: TriggerType;
  readonly receiver?: string;
  readonly deliveryId?: string;
  readonly event?: number;
  /** Token subject that started it or pushed to the embedded registry (ruling 9); for a child, the parent's. */
  readonly user?: string;
  /** The run that started this one: by a step of it (`node`), else by its success. */
  readonly parent?: { readonly executionId: string; readonly pipeline: string; readonly node?: string };
  readonly repository?: string;
  readonly tag?: string;
  readonly payload?: Json;
  /** Received. */
  readonly artifacts: readonly Artifact[];
  /** Expectations that the trigger that fired demands; absent = none. */
  readonly expectedArtifactIds?: readonly string[];
  /** What a run by hand asked its sources for: a start that failed is tried again with the same. */
  readonly select?: Readonly<
    Record<string, { readonly tag?: string; readonly digest?: Digest; readonly build?: string }>
  >;
}

/** What a source or expectation was bound to, once, before the start. */
export interface BoundArtifact {
  readonly id: string;
  readonly displayName?: string;
  readonly artifact: Artifact;
  /** The same in other places (Regions): they matched too, and a target takes the one of its own. */
  readonly elsewhere?: readonly Artifact[];
  readonly from: 'received' | 'prior' | 'default';
  /** Pipeline sources: the build it came from, and what that build published. */
  readonly build?: string;
  readonly tag?: string;
}

/** What a stage writes out under `inputArtifacts` (`place`: `stages.prod.inputArtifacts[0]`), as it was bound, before the start. */
export interface StageInput {
  readonly place: string;
  readonly artifact: Artifact;
}

/**
 * Position of an execution among those of its pipeline: event time, then the claim's hash, so that the order is total.
 * Compared as text: 15 digits of epoch ms, '-', 8 hex.
 */
export type Order = string;

/** Put if absent, no TTL: it freezes what an event meant (design 4). */
export interface Claim {
  /** sha256 hex over the parts of design 4 and ruling 16. */
  readonly key: string;
  readonly pipeline: string;
  readonly pipelineVersion: string;
  readonly executionId: string;
  readonly order: Order;
  readonly trigger: Trigger;
  readonly parameters: Readonly<Record<string, string>>;
  readonly bound: readonly BoundArtifact[];
  /** Absent = no stage writes one out. */
  readonly inputs?: readonly StageInput[];
  /** Why binding failed; the execution is then created as failed. */
  readonly error?: FaultRecord;
  readonly claimedAt: number;
}

export interface Stop {
  readonly kind: 'cancelled' | 'superseded' | 'deadlineExceeded';
  readonly at: number;
  /** Who cancelled, or the execution that superseded. */
  readonly by?: string;
}

export interface Execution {
  readonly id: string;
  readonly pipeline: string;
  readonly pipelineVersion: string;
  readonly attempt: number;
  /** Name of the machine execution that runs it now: the id, or `<id>-r<n>` after retries. */
  readonly machine: string;
  readonly status: ExecutionStatus;
  readonly trigger: Trigger;
  readonly order: Order;
  readonly parameters: Readonly<Record<string, string>>;
  readonly bound: readonly BoundArtifact[];
  readonly inputs?: readonly StageInput[];
  readonly buildNumber: number;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly stop?: Stop;
  readonly error?: FaultRecord;
  /** What was noticed when it began and stops nothing by itself: `rebuilt`. */
  readonly warnings?: readonly FaultRecord[];
  /** Subject that retried it last: self for `forbidSelf` (ruling 9). */
  readonly retriedBy?: string;
  /** Everyone who ever retried it. */
  readonly retriers?: readonly string[];
  /** When it was retried last: how long it is open counts from here. */
  readonly retriedAt?: number;
  readonly rev: number;
}

export type NodeStatus = 'notStarted' | 'waiting' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'cancelled';
export const endedNodeStatuses: readonly NodeStatus[] = ['succeeded', 'failed', 'skipped', 'cancelled'];

export interface GateState {
  readonly kind: string;
  readonly status: 'waiting' | 'allowed' | 'denied';
  readonly code?: string;
  readonly message?: string;
  readonly fix?: string;
  readonly approvalId?: string;
  readonly until?: number;
  readonly at: number;
}

export interface PublishedArtifact {
  /** Absent = the step did not name it. */
  readonly name?: string;
  readonly artifact: Artifact;
}

/** Why a node sleeps, and the token that wakes it. */
export interface Park {
  /** Task token of the machine; only wakes, never decides. */
  readonly token?: string;
  /** When the waiting task was entered, and its retry count: a token is only replaced by a newer one. */
  readonly enteredAt: number;
  readonly retry: number;
  /** Ask again at this time even if nobody wakes it. */
  readonly wakeAt: number;
  /** `wake`: it need not wait any more, and its own wake is on the way. */
  readonly why: 'needs' | 'gates' | 'lock' | 'callback' | 'child' | 'wake';
}

/** One entry of an execution's ledger: a stage `prod`, a job `prod/eu`, a step `prod/eu/deploy`. */
export interface LedgerNode {
  readonly execution: string;
  readonly name: string;
  /** The execution's attempt in which it last started. */
  readonly attempt: number;
  readonly status: NodeStatus;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly error?: FaultRecord;
  readonly park?: Park;
  // stages
  readonly gates?: readonly GateState[];
  /** When its needs were met and it took its place before the gates. */
  readonly arrivedAt?: number;
  /** Digests its gates were asked for (ruling 4). */
  readonly asked?: readonly Digest[];
  readonly supersededBy?: string;
  /** What its expectations were bound to once its steps had ended. */
  readonly bound?: readonly BoundArtifact[];
  /** What it consumes, as found when it was entered. */
  readonly inputs?: readonly Artifact[];
  // steps
  readonly kind?: string;
  /** `host/path` of the image that `wanted` is a digest of. */
  readonly repository?: string;
  readonly wanted?: Digest;
  readonly observed?: Digest | 'notObserved';
  readonly artifacts?: readonly PublishedArtifact[];
  /** Kept by the step kind between polls. */
  readonly memory?: JsonObject;
  readonly polls?: number;
  /** `webhook` with wait: sha256 of the callback token, deadline. */
  readonly callback?: { readonly tokenHash: string; readonly until: number; readonly answer?: CallbackAnswer };
  readonly rev: number;
}

export interface CallbackAnswer {
  readonly status: 'succeeded' | 'failed';
  readonly artifacts?: readonly PublishedArtifact[];
  readonly observed?: Digest;
  readonly reason?: string;
  /** sha256 of the body: the same body again is 200, another 409. */
  readonly bodyHash: string;
  readonly at: number;
}

/** One piece of the proof, put if absent under a name derived from node and kind. */
export interface Evidence {
  /** Unique in its execution, e.g. `1/prod/approval/alice`. */
  readonly name: string;
  readonly at: number;
  readonly kind: string;
  readonly body: JsonObject;
}
