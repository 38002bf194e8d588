import type { LedgerNode } from './execution.ts';
import { jobNode, stepNode } from './ledger.ts';
import type { Plan, PlanJob, PlanStage } from './plan.ts';

/**
 * Which nodes a retry keeps: what succeeded and depends on nothing that has to run again. Handlers of a failure
 * (`when: failure | always`) depend on what failed, so they run again. What was skipped because of something that stays done
 * stays skipped.
 * Total and stable: a node that an interrupted retry already removed counts as not kept, so asking twice gives the same.
 */
export function keptOnRetry(plan: Plan, nodes: ReadonlyMap<string, LedgerNode>): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const stage of inOrder(plan.stages)) keepStage(stage, nodes, kept);
  return kept;
}

function keepStage(stage: PlanStage, nodes: ReadonlyMap<string, LedgerNode>, kept: Set<string>): void {
  const needsKept = stage.needs.every((need) => kept.has(need));
  if (!needsKept) return;
  for (const job of inOrder(stage.jobs)) keepJob(stage, job, nodes, kept);
  if (stands(nodes, stage.id)) kept.add(stage.id);
}

function keepJob(stage: PlanStage, job: PlanJob, nodes: ReadonlyMap<string, LedgerNode>, kept: Set<string>): void {
  if (!job.needs.every((need) => kept.has(jobNode(stage.id, need)))) return;
  for (const step of job.steps) {
    const name = stepNode(stage.id, job.id, step.id);
    if (!stands(nodes, name)) return;
    kept.add(name);
  }
  const name = jobNode(stage.id, job.id);
  if (stands(nodes, name)) kept.add(name);
}

function stands(nodes: ReadonlyMap<string, LedgerNode>, name: string): boolean {
  const status = nodes.get(name)?.status;
  return status === 'succeeded' || status === 'skipped';
}

/** Needs before those that need them; plans have no cycles. */
function inOrder<T extends { readonly id: string; readonly needs: readonly string[] }>(
  items: readonly T[],
): readonly T[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const sorted: T[] = [];
  const seen = new Set<string>();
  const visit = (item: T): void => {
    if (seen.has(item.id)) return;
    seen.add(item.id);
    for (const need of item.needs) {
      const found = byId.get(need);
      if (found !== undefined) visit(found);
    }
    sorted.push(item);
  };
  for (const item of items) visit(item);
  return sorted;
}
