import { begunSteps } from './begun-steps.ts';
import type { LedgerNode, NodeStatus } from './execution.ts';
import { freshNode, isEnded, jobNode, jobOutcome, stepNodeNames } from './ledger.ts';
import type { Plan, PlanJob, PlanStage } from './plan.ts';

/**
 * What a job is, from its own entry and its steps' (in file order, undefined = not begun). Its entry is written only while it has
 * to wait, and where it ended without its steps saying so (it was skipped); everything else its steps say.
 */
export function jobStatus(stored: NodeStatus, steps: readonly (NodeStatus | undefined)[]): NodeStatus {
  if (isEnded({ status: stored })) return stored;
  const known = steps.map((status) => status ?? 'notStarted');
  if (saysEnd(known)) return jobOutcome(known);
  if (known.includes('waiting')) return 'waiting';
  return known.every((status) => status === 'notStarted') ? stored : 'running';
}

/** Whether the steps of a job alone say that it has ended, and how. */
function saysEnd(steps: readonly NodeStatus[]): boolean {
  return steps.length > 0 && steps.every((status) => isEnded({ status }));
}

/** The job's entry as readers see it, from any nodes that hold its own and its steps'; a failed one has the first fault of its steps. */
export function jobOf(
  nodes: ReadonlyMap<string, LedgerNode>,
  place: { readonly stage: PlanStage; readonly job: PlanJob },
  execution: { readonly id: string; readonly attempt: number },
): LedgerNode {
  const name = jobNode(place.stage.id, place.job.id);
  const node = nodes.get(name) ?? freshNode(execution.id, name, execution.attempt);
  const steps = stepNodeNames(place.stage, place.job).map((step) => nodes.get(step));
  const statuses = steps.map((step) => step?.status);
  const status = jobStatus(node.status, statuses);
  if (isEnded(node) || status !== 'failed') return { ...node, status };
  const error = steps.find((step) => step?.status === 'failed')?.error;
  return { ...node, status, ...(error === undefined ? {} : { error }) };
}

/** Every node of an execution, its jobs and its steps as other entries say. For readers, never stored. */
export function withJobStatuses(
  plan: Plan,
  execution: { readonly id: string; readonly attempt: number },
  nodes: readonly LedgerNode[],
): readonly LedgerNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const stage of plan.stages) {
    for (const step of begunSteps(byName, stage, execution)) byName.set(step.name, step);
    for (const job of stage.jobs) {
      const found = jobOf(byName, { stage, job }, execution);
      if (found.status !== 'notStarted' || found.rev > 0) byName.set(found.name, found);
    }
  }
  return [...byName.values()];
}

/** Names of what `jobOf` looks at. */
export function jobNames(stage: PlanStage, job: PlanJob): readonly string[] {
  return [jobNode(stage.id, job.id), ...stepNodeNames(stage, job)];
}
