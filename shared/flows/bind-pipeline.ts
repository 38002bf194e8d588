import type { Artifact } from '../domain/artifact.ts';
import type { BoundArtifact } from '../domain/execution.ts';
import type { PipelineDefinition } from '../domain/pipeline.ts';
import { type BindRequest, bindSources } from './bind-sources.ts';
import type { VerifyPorts } from './intake/verify-image.ts';

export type BindPorts = VerifyPorts;

export interface BindPipelineRequest extends Pick<BindRequest, 'received' | 'select'> {
  readonly pipeline: string;
  readonly definition: PipelineDefinition;
  /** What came with the event: `trigger.artifacts`. */
  readonly artifacts: readonly Artifact[];
  /** Of the trigger that fired; unknown ids are ignored. */
  readonly expectedArtifactIds: readonly string[];
}

/** `source` names the source or expectation that could not be bound. */
export type PipelineBinding =
  | { readonly kind: 'bound'; readonly bound: readonly BoundArtifact[] }
  | { readonly kind: 'failed'; readonly source: string; readonly code: string; readonly message: string };

/** Binds what a run starts with: every source, then the expectations that take part. Throws as bindSources does. */
export async function bindPipeline(ports: BindPorts, request: BindPipelineRequest): Promise<PipelineBinding> {
  const { definition, received, select } = request;
  return bindSources(ports, { sources: definition.sources, owners: definition.owners, received, select });
}
