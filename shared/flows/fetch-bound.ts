import type { BoundArtifact } from '../domain/execution.ts';
import { Failure } from '../domain/failure.ts';
import { neededContent } from '../domain/needed-content.ts';
import type { PipelineDefinition } from '../domain/pipeline.ts';
import { type FetchPorts, fetchArtifact } from './fetch-artifact.ts';

export interface FetchBoundRequest {
  /** Name of the pipeline: the application that the content is kept for. */
  readonly pipeline: string;
  readonly definition: Pick<PipelineDefinition, 'stages'>;
  readonly artifacts: readonly BoundArtifact[];
}

/** `bound` in the order of the request; `source` names the one that could not be had. */
export type FetchBoundAnswer =
  | { readonly kind: 'fetched'; readonly bound: readonly BoundArtifact[] }
  | { readonly kind: 'failed'; readonly source: string; readonly code: string; readonly message: string };

/** Binding has less than a minute in all on AWS, and each may have 32 MiB. */
const atOnce = 4;

/**
 * Fetches what a run needs, once, before it starts. Embedded content becomes `remote/base64`. Whatever else a step or a stage
 * refers to itself and can be fetched keeps its type and reference and gains `metadata.sha256` (hex), `metadata.size` and
 * `metadata.content` (`ref://…`): every later stage and retry reads those bytes. A version that the artifact lacks is the one that
 * its place gave, else the sha256. Images and kinds that nobody can fetch stay as they are.
 * Throws the Failure where asking again may help.
 */
export async function fetchBound(ports: FetchPorts, request: FetchBoundRequest): Promise<FetchBoundAnswer> {
  const needed = neededContent(request.definition);
  const bound: BoundArtifact[] = [];
  for (let from = 0; from < request.artifacts.length; from += atOnce) {
    const some = request.artifacts.slice(from, from + atOnce);
    const answers = await Promise.all(some.map((one) => fetchOne(ports, request, one, needed.has(one.id))));
    for (const answer of answers) {
      if (answer.kind === 'failed') return answer;
      bound.push(answer.bound);
    }
  }
  return { kind: 'fetched', bound };
}

type OneAnswer =
  | { readonly kind: 'fetched'; readonly bound: BoundArtifact }
  | Extract<FetchBoundAnswer, { kind: 'failed' }>;

async function fetchOne(
  ports: FetchPorts,
  { pipeline }: FetchBoundRequest,
  bound: BoundArtifact,
  isNeeded: boolean,
): Promise<OneAnswer> {
  try {
    const artifact = await fetchArtifact(ports, { pipeline, artifact: bound.artifact, isNeeded });
    return { kind: 'fetched', bound: artifact === bound.artifact ? bound : { ...bound, artifact } };
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return { kind: 'failed', source: bound.id, code: error.code, message: `Artifact ${bound.id}: ${error.message}` };
  }
}
