import type { Artifact } from '../domain/artifact.ts';
import { distinctCompared } from '../domain/compared-artifact.ts';
import type { Execution } from '../domain/execution.ts';
import { runInput } from '../domain/stage-view.ts';
import type { Ports } from '../ports/ports.ts';

/**
 * Every artifact of a run (Spinnaker's getAllArtifacts): what its steps and stages published and were bound to, what it was
 * triggered with and what it was bound to. Two that differ only in what is never compared are one: a deployed image is there as
 * received, as bound and as published.
 */
export async function runArtifacts(
  ports: Pick<Ports, 'executions'>,
  execution: Execution,
): Promise<readonly Artifact[]> {
  const nodes = await ports.executions.allNodes(execution.id);
  const published = nodes.flatMap((node) => [...(node.artifacts ?? []), ...(node.bound ?? [])]);
  return distinctCompared([...published.map(({ artifact }) => artifact), ...runInput(execution)]);
}
