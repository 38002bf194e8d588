import type { Artifact } from '../domain/artifact.ts';
import type { BoundArtifact, StageInput } from '../domain/execution.ts';
import { Failure } from '../domain/failure.ts';
import { neededContent } from '../domain/needed-content.ts';
import type { PipelineDefinition } from '../domain/pipeline.ts';
import { type FetchPorts, fetchArtifact } from './fetch-artifact.ts';

export interface FetchBoundRequest {
  /** Name of the pipeline: the application that the content is kept for. */
  readonly pipeline: string;
  readonly definition: Pick<PipelineDefinition, 'stages'>;
  readonly artifacts: readonly BoundArtifact[];
  /** What stages write out themselves. */
  readonly inputs?: readonly StageInput[];
}

/** `bound` and `inputs` in the order of the request; `source` names the one that could not be had. */
export type FetchBoundAnswer =
  | { readonly kind: 'fetched'; readonly bound: readonly BoundArtifact[]; readonly inputs: readonly StageInput[] }
  | { readonly kind: 'failed'; readonly source: string; readonly code: string; readonly message: string };

/** Binding has less than a minute in all on AWS, and each may have 32 MiB. */
const atOnce = 2;

/**
 * Fetches what a run needs, once, before it starts. Embedded content becomes `remote/base64`. Whatever else a step or a stage
 * refers to itself and can be fetched keeps its type and reference and gains `metadata.sha256` (hex), `metadata.size` and
 * `metadata.content` (`ref://…`): every later stage and retry reads those bytes. A version that the artifact lacks is the one that
 * its place gave, else the sha256. Images and kinds that nobody can fetch stay as they are.
 * Throws the Failure where asking again may help.
 */
export async function fetchBound(ports: FetchPorts, request: FetchBoundRequest): Promise<FetchBoundAnswer> {
  const wanted = wantedArtifacts(request);
  const answers = new Map<string, OneAnswer>();
  for (let from = 0; from < wanted.length; from += atOnce) {
    const some = wanted.slice(from, from + atOnce);
    const fetched = await Promise.all(some.map((one) => fetchOne(ports, request.pipeline, one)));
    for (const [index, answer] of fetched.entries()) {
      if (answer.kind === 'failed') return answer;
      answers.set(some[index]?.key ?? '', answer);
    }
  }
  const asFetched = <T extends { readonly artifact: Artifact }>(one: T): T => {
    const answer = answers.get(keyOf(one.artifact));
    return answer?.kind === 'fetched' && answer.artifact !== one.artifact ? { ...one, artifact: answer.artifact } : one;
  };
  return { kind: 'fetched', bound: request.artifacts.map(asFetched), inputs: (request.inputs ?? []).map(asFetched) };
}

interface Wanted {
  readonly key: string;
  /** The first that is bound to it. */
  readonly id: string;
  readonly artifact: Artifact;
  readonly isNeeded: boolean;
  /** That a stage names for it, before the artifact's own. */
  readonly account: string | undefined;
}

/** Each artifact once, also where it is bound to several ids. */
function wantedArtifacts({ definition, artifacts, inputs = [] }: FetchBoundRequest): readonly Wanted[] {
  const needed = neededContent(definition);
  const wanted = new Map<string, Wanted>();
  const written = inputs.map(({ place, artifact }) => ({ id: place, artifact }));
  for (const { id, artifact } of [...artifacts, ...written]) {
    const key = keyOf(artifact);
    const known = wanted.get(key);
    const isNeeded = needed.has(id) || known?.isNeeded === true;
    const account = known?.account ?? needed.get(id);
    wanted.set(key, { key, id: known?.id ?? id, artifact, isNeeded, account });
  }
  return [...wanted.values()];
}

function keyOf(artifact: Artifact): string {
  return JSON.stringify(artifact);
}

type OneAnswer =
  | { readonly kind: 'fetched'; readonly artifact: Artifact }
  | Extract<FetchBoundAnswer, { kind: 'failed' }>;

async function fetchOne(ports: FetchPorts, pipeline: string, { id, artifact, ...how }: Wanted): Promise<OneAnswer> {
  try {
    return { kind: 'fetched', artifact: await fetchArtifact(ports, { pipeline, artifact, ...how }) };
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return { kind: 'failed', source: id, code: error.code, message: `Artifact ${id}: ${error.message}` };
  }
}
