import type { Digest } from '../../domain/digest.ts';
import { findRebuilt } from '../../domain/gates/verified.ts';
import type { PipelineDefinition } from '../../domain/pipeline.ts';
import type { Ports } from '../../ports/ports.ts';
import { ownersAmongNeighbours } from '../pipeline-rights.ts';

export interface MaybeRebuilt {
  readonly definition: Pick<PipelineDefinition, 'name' | 'owners' | 'stages'>;
  readonly repository: string;
  readonly digest: Digest;
  readonly revision: string | undefined;
}

/**
 * Says beforehand what a `verified` gate of the pipeline will say later: the revision was observed there, but as other bytes
 * (ruling 6). Empty = nothing to warn of.
 */
export async function rebuiltWarning(
  ports: Pick<Ports, 'environments' | 'pipelines'>,
  image: MaybeRebuilt,
): Promise<string> {
  const { definition, repository, digest, revision } = image;
  if (revision === undefined) return '';
  for (const environment of verifiedEnvironments(definition)) {
    const [byDigest, byRevision] = await Promise.all([
      ports.environments.verifiedByDigest(environment, digest),
      ports.environments.verifiedByRevision(environment, repository, revision),
    ]);
    const { name: pipeline } = definition;
    const owners = await ownersAmongNeighbours(ports, definition);
    const other = findRebuilt({ digest, byDigest, byRevision, pipeline, owners });
    if (other !== undefined) {
      return ` Warning (rebuilt): revision ${revision} was observed in ${environment} as ${other.digest}; these are other bytes.`;
    }
  }
  return '';
}

function verifiedEnvironments({ stages }: Pick<PipelineDefinition, 'stages'>): readonly string[] {
  const gates = stages.flatMap((stage) => stage.gates);
  return [...new Set(gates.flatMap((gate) => (gate.kind === 'verified' ? [gate.environment] : [])))];
}
