import type { BuildArtifact } from './delivery.ts';

/** One finished build of a build system, or a finished execution of ours. The last successful one is never swept. */
export interface Build {
  readonly pipeline: string;
  readonly build: string;
  readonly outcome: 'succeeded' | 'failed';
  readonly branch?: string;
  readonly revision?: string;
  readonly provenance?: string;
  readonly at: number;
  readonly receiver: string;
  readonly trusted: boolean;
  readonly artifacts: readonly BuildArtifact[];
  readonly execution?: string;
}
