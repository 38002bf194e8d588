import type { Artifact } from '../domain/artifact.ts';
import { artifactDigest, artifactRepository } from '../domain/artifact-identity.ts';
import type { BoundArtifact, StageInput } from '../domain/execution.ts';
import { imageTags } from '../domain/image-push.ts';
import type { PipelineDefinition } from '../domain/pipeline.ts';
import type { Demanded } from '../domain/taking-part.ts';
import { bindExpectations, type ExpectationPorts } from './bind-expectations.ts';
import { bindInputs } from './bind-inputs.ts';
import { type BindRequest, bindSources } from './bind-sources.ts';
import type { FetchPorts } from './fetch-artifact.ts';
import { fetchBound } from './fetch-bound.ts';

export type BindPorts = ExpectationPorts & FetchPorts;

export interface BindPipelineRequest extends Pick<BindRequest, 'received' | 'select'> {
  readonly pipeline: string;
  readonly definition: PipelineDefinition;
  /** What came with the event: `trigger.artifacts`. */
  readonly artifacts: readonly Artifact[];
  /** What the trigger that fired demands (`demandedBy`); unknown ids are ignored. */
  readonly expectedArtifactIds: Demanded;
  /** The run itself where it is bound anew. */
  readonly rebinding?: string;
}

/** `source` names the source or expectation that could not be bound, `at` what it failed at. */
export type PipelineBinding =
  | {
      readonly kind: 'bound';
      /** Sources in file order, then the expectations that took part. */
      readonly bound: readonly BoundArtifact[];
      /** What stages write out for themselves; absent where none does. */
      readonly inputs?: readonly StageInput[];
      /** What was received, each once; what was bound is here as it was bound. */
      readonly received: readonly Artifact[];
    }
  | {
      readonly kind: 'failed';
      readonly at: 'sources' | 'expectations' | 'content';
      readonly source: string;
      readonly code: string;
      readonly message: string;
    };

/**
 * Binds what a run starts with: every source, then the expectations that take part, then what stages write out as their inputs; then
 * whatever of it is to be fetched is fetched, once. All or nothing. Throws the registry's failure, or that of a fetch, when asking again may help.
 */
export async function bindPipeline(ports: BindPorts, request: BindPipelineRequest): Promise<PipelineBinding> {
  const { definition, pipeline, received, select, artifacts } = request;
  const { sources, owners, expectedArtifacts } = definition;
  const sourced = await bindSources(ports, { sources, owners, received, select });
  if (sourced.kind === 'failed') return { ...sourced, at: 'sources' };
  const expected = await bindExpectations(ports, {
    pipeline,
    expected: expectedArtifacts,
    received: artifacts,
    demanded: request.expectedArtifactIds,
    rebinding: request.rebinding,
  });
  if (expected.kind === 'failed') return { ...expected, at: 'expectations' };
  const written = await bindInputs(ports, definition);
  if (written.kind === 'failed') return { ...written, at: 'content' };
  const bound = [...sourced.bound, ...expected.bound];
  const fetched = await fetchBound(ports, { pipeline, definition, artifacts: bound, inputs: written.inputs });
  if (fetched.kind === 'failed') return { ...fetched, at: 'content' };
  const kept = new Map(bound.map(({ artifact }, index) => [artifact, fetched.bound[index]?.artifact]));
  const asBound = (one: Artifact) => kept.get(one) ?? pinnedTwin(one, fetched.bound) ?? one;
  const { inputs } = fetched;
  return {
    kind: 'bound',
    bound: fetched.bound,
    ...(inputs.length === 0 ? {} : { inputs }),
    received: expected.received.map(asBound),
  };
}

/** What a source made of an image that came with a tag alone: the same image must not be there twice. */
function pinnedTwin(artifact: Artifact, bound: readonly BoundArtifact[]): Artifact | undefined {
  const repository = artifactRepository(artifact);
  const [tag] = imageTags(artifact);
  if (repository === undefined || tag === undefined || artifactDigest(artifact) !== undefined) return undefined;
  return bound.find((one) => one.tag === tag && artifactRepository(one.artifact) === repository)?.artifact;
}
