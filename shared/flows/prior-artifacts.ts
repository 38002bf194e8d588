import type { Artifact } from '../domain/artifact.ts';
import type { Execution, LedgerNode } from '../domain/execution.ts';
import { distinctCompared } from '../domain/resolve-artifacts.ts';
import type { Ports } from '../ports/ports.ts';

/**
 * Every artifact of the newest run of a pipeline, in whatever status it is: what its steps and stages published, what it was
 * triggered with and what it was bound to. A run that is bound anew is not its own predecessor. Two that differ only in what is
 * never compared are one: a deployed image is there as received, as bound and as published.
 */
export async function priorArtifacts(
  ports: Pick<Ports, 'executions'>,
  pipeline: string,
  except: string | undefined,
): Promise<readonly Artifact[]> {
  const { items } = await ports.executions.list({ pipeline, limit: except === undefined ? 1 : 2 });
  const newest = items.find(({ id }) => id !== except);
  if (newest === undefined) return [];
  return distinctCompared(artifactsOfRun(newest, await ports.executions.allNodes(newest.id)));
}

function artifactsOfRun({ trigger, bound }: Execution, nodes: readonly LedgerNode[]): readonly Artifact[] {
  return [
    ...nodes.flatMap((node) => [...(node.artifacts ?? []), ...(node.bound ?? [])]).map(({ artifact }) => artifact),
    ...trigger.artifacts,
    ...bound.map(({ artifact }) => artifact),
  ];
}
