import type { ExpectedArtifact, InputArtifact } from './expected-artifact.ts';
import type { JsonObject } from './json.ts';
import type { Concurrency, Gate, When } from './pipeline.ts';

/** A pipeline compiled for running: `needs` include what references imply, everything is in file order, ordinals count from 1. */
export interface Plan {
  readonly concurrency: Concurrency;
  readonly stages: readonly PlanStage[];
}

export interface PlanStage {
  readonly ordinal: number;
  readonly id: string;
  readonly environment?: string;
  readonly needs: readonly string[];
  readonly when: When;
  readonly gates: readonly Gate[];
  readonly expectedArtifacts: readonly ExpectedArtifact[];
  readonly inputArtifacts: readonly InputArtifact[];
  readonly jobs: readonly PlanJob[];
}

export interface PlanJob {
  readonly ordinal: number;
  readonly id: string;
  readonly needs: readonly string[];
  readonly when: When;
  readonly steps: readonly PlanStep[];
}

export interface PlanStep {
  readonly ordinal: number;
  readonly id: string;
  readonly kind: string;
  readonly with: JsonObject;
  readonly publishes?: string;
  readonly when: When;
  readonly useInternalAddress: boolean;
}
