import type { BuildArtifact } from '../../domain/delivery.ts';
import type { LedgerNode } from '../../domain/execution.ts';
import { stepsOf } from '../../domain/ledger.ts';
import type { Run } from './load-run.ts';

/** What the steps of an execution published, by stage, job, step and name, in plan order. */
export function publishedArtifacts(run: Pick<Run, 'plan'>, nodes: readonly LedgerNode[]): readonly BuildArtifact[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return run.plan.stages.flatMap(stepsOf).flatMap((placed) => {
    const node = byName.get(placed.node);
    if (node?.status !== 'succeeded') return [];
    return (node.artifacts ?? []).map((one) => ({
      stage: placed.stage.id,
      job: placed.job.id,
      step: placed.step.id,
      ...(one.name === undefined ? {} : { name: one.name }),
      artifact: one.artifact,
    }));
  });
}
