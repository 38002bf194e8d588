import { endedNodeStatuses, type LedgerNode, type NodeStatus, type Park } from './execution.ts';
import type { Plan, PlanJob, PlanStage, PlanStep } from './plan.ts';

/** Names of ledger nodes; ids hold no '/', so a name splits one way only. */
export function jobNode(stage: string, job: string): string {
  return `${stage}/${job}`;
}

export function stepNode(stage: string, job: string, step: string): string {
  return `${stage}/${job}/${step}`;
}

/** The job of a step's node: where the step's waits are woken. */
export function jobOfStep(node: string): string {
  return node.split('/').slice(0, 2).join('/');
}

/** `<execution>/<node>/<attempt>` (ruling 20): the identity of every outside effect. */
export function idempotencyKey(execution: string, node: string, attempt: number): string {
  return `${execution}/${node}/${attempt}`;
}

export function isEnded(node: Pick<LedgerNode, 'status'> | undefined): boolean {
  return node !== undefined && endedNodeStatuses.includes(node.status);
}

export function statusOf(node: Pick<LedgerNode, 'status'> | undefined): NodeStatus {
  return node?.status ?? 'notStarted';
}

/** A node as it is before its first write. */
export function freshNode(execution: string, name: string, attempt: number): LedgerNode {
  return { execution, name, attempt, status: 'notStarted', rev: 0 };
}

/**
 * Whether a sleeping node is in the list of those that something outside their execution, or their own time, may wake. What
 * another node of their execution wakes is found by reading that execution, and costs no place in the list.
 */
export function isListed(park: Park | undefined): park is Park {
  return park !== undefined && park.why !== 'needs';
}

/** A node that no longer sleeps. */
export function withoutPark(node: LedgerNode): LedgerNode {
  const { park: _park, ...rest } = node;
  return rest;
}

export function stageByOrdinal(plan: Plan, ordinal: number): PlanStage | undefined {
  return plan.stages[ordinal - 1];
}

export function jobByOrdinal(stage: PlanStage, ordinal: number): PlanJob | undefined {
  return stage.jobs[ordinal - 1];
}

export function stepNodeNames(stage: PlanStage, job: PlanJob): readonly string[] {
  return job.steps.map((step) => stepNode(stage.id, job.id, step.id));
}

export interface PlacedStep {
  readonly stage: PlanStage;
  readonly job: PlanJob;
  readonly step: PlanStep;
  readonly node: string;
}

/** Every step of a stage in file order. */
export function stepsOf(stage: PlanStage): readonly PlacedStep[] {
  return stage.jobs.flatMap((job) =>
    job.steps.map((step) => ({ stage, job, step, node: stepNode(stage.id, job.id, step.id) })),
  );
}

/** Every step of a plan, by the name of its entry. */
export function stepsByNode(plan: Plan): ReadonlyMap<string, PlacedStep> {
  return new Map(plan.stages.flatMap(stepsOf).map((placed) => [placed.node, placed]));
}

/** How a job ended, from its steps: a failure counts even when a later step handled it. */
export function jobOutcome(steps: readonly NodeStatus[]): NodeStatus {
  if (steps.includes('failed')) return 'failed';
  if (steps.includes('cancelled')) return 'cancelled';
  return steps.length > 0 && steps.every((status) => status === 'skipped') ? 'skipped' : 'succeeded';
}

/** How a stage ended, from its jobs; a stage without jobs (a checkpoint) succeeded once its gates allowed it. */
export function stageOutcome(jobs: readonly NodeStatus[]): NodeStatus {
  if (jobs.includes('failed')) return 'failed';
  if (jobs.includes('cancelled')) return 'cancelled';
  return 'succeeded';
}

/** Whether a step runs, from the ends of the earlier steps of its job. */
export function stepRuns(when: 'success' | 'failure' | 'always', earlier: readonly NodeStatus[]): boolean {
  const failed = earlier.includes('failed');
  if (when === 'always') return true;
  // A deployment that a newer one overtook did not happen: nothing that builds on it may.
  return when === 'failure' ? failed : !failed && !earlier.includes('cancelled');
}
