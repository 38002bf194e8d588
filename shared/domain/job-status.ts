import type { LedgerNode, NodeStatus } from './execution.ts';
import { freshNode, isEnded, jobNode, stepNodeNames } from './ledger.ts';
import type { Plan } from './plan.ts';

/** The ledger says of a job only how it waits and how it ended; in between it is what its steps are. For readers, never stored. */
export function withJobStatuses(
  plan: Plan,
  execution: { readonly id: string; readonly attempt: number },
  nodes: readonly LedgerNode[],
): readonly LedgerNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const stage of plan.stages) {
    for (const job of stage.jobs) {
      const name = jobNode(stage.id, job.id);
      const node = byName.get(name) ?? freshNode(execution.id, name, execution.attempt);
      const status = statusBySteps(stepNodeNames(stage, job).map((step) => byName.get(step)?.status ?? 'notStarted'));
      if (!isEnded(node) && status !== undefined) byName.set(name, { ...node, status });
    }
  }
  return [...byName.values()];
}

/** Undefined = no step has begun. */
function statusBySteps(steps: readonly NodeStatus[]): NodeStatus | undefined {
  if (steps.includes('waiting')) return 'waiting';
  return steps.every((status) => status === 'notStarted') ? undefined : 'running';
}
