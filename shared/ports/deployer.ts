import type { Artifact } from '../domain/artifact.ts';
import type { Digest } from '../domain/digest.ts';
import type { PublishedArtifact } from '../domain/execution.ts';
import type { JsonObject } from '../domain/json.ts';

export interface StepRequest {
  /** `<execution>/<node>/<attempt>`: the idempotency key of every outside effect. */
  readonly key: string;
  readonly executionId: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  /** Schema-checked, references and variables resolved. An image is `repository@sha256:…`. */
  readonly with: JsonObject;
  /** The one image that `with` refers to. */
  readonly wanted?: Digest;
  /** Kinds that pull or push here ask the registry of `image` by its internal address. */
  readonly internal?: boolean;
  /** Recorded artifacts that `with` refers to, images with their digest. */
  readonly artifacts: readonly Artifact[];
  /** What the kind answered as `memory` last time. */
  readonly memory?: JsonObject;
  readonly polls: number;
  readonly startedAt: number;
}

export type StepAnswer =
  | {
      readonly kind: 'done';
      /** Absent = this kind cannot observe: the proof says notObserved, no head moves. */
      readonly observed?: Digest;
      /** What else runs there: machines of other platforms run other children of one index. Each must be the wanted image too. */
      readonly others?: readonly Digest[];
      readonly artifacts: readonly PublishedArtifact[];
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly observed?: Digest }
  /** Ask again: 5, 10, 20 … 300 s, at most 30 times, decided by the flow. */
  | { readonly kind: 'poll'; readonly memory: JsonObject }
  /** Ends by its callback, or by a child execution, or at `until`. */
  | { readonly kind: 'wait'; readonly why: 'callback' | 'child'; readonly until: number; readonly memory?: JsonObject };

/**
 * Makes reality match and says what reality is. `run` is called again after a crash, a poll or a wait: it must find its own
 * earlier effect by the key or the target's state and never do it twice with another identity.
 */
export interface Deployer {
  readonly kind: string;
  run(request: StepRequest): Promise<StepAnswer>;
  /** Best effort at cancelling; what it answers is recorded. */
  cancel?(request: StepRequest): Promise<void>;
}
