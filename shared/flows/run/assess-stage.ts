import type { Arrival } from '../../domain/environment.ts';
import { type GateState, type LedgerNode, openStatuses, type Stop } from '../../domain/execution.ts';
import type { GateAnswer } from '../../domain/gates/gate-answer.ts';
import { isEnded, statusOf } from '../../domain/ledger.ts';
import { readiness } from '../../domain/needs.ts';
import { goesBefore, overtakenBy } from '../../domain/overtaking.ts';
import type { PlanStage } from '../../domain/plan.ts';
import { type StageImage, stageImages } from '../../domain/stage-images.ts';
import type { Ports } from '../../ports/ports.ts';
import { askGates, mergeStates } from './ask-gates.ts';
import type { Run } from './load-run.ts';
import { loadScope } from './load-scope.ts';

export type AssessPorts = Pick<
  Ports,
  'clock' | 'executions' | 'environments' | 'artifacts' | 'pipelines' | 'sha256' | 'sha1'
>;

/** Where a stage stands before it may run (ruling 1): read from the ledger only, so that a wake, a sweep and a task agree. */
export type Assessment =
  | { readonly kind: 'ended' }
  | { readonly kind: 'entered' }
  | { readonly kind: 'stopped'; readonly stop: Stop }
  | { readonly kind: 'needs' }
  | { readonly kind: 'skip' }
  | { readonly kind: 'arrives'; readonly images: readonly StageImage[] }
  | { readonly kind: 'overtaken'; readonly by: string }
  | ({ readonly kind: 'gates' } & GateAssessment)
  | {
      readonly kind: 'lock';
      readonly by: string;
      readonly gates: readonly GateState[];
      readonly images: readonly StageImage[];
    }
  | { readonly kind: 'enters'; readonly gates: readonly GateState[]; readonly images: readonly StageImage[] };

export interface GateAssessment {
  readonly gates: readonly GateState[];
  readonly answer: Exclude<GateAnswer, { kind: 'allow' }>;
  /** Index of the gate that answered. */
  readonly at: number;
  readonly images: readonly StageImage[];
}

export async function assessStage(
  ports: AssessPorts,
  run: Run,
  place: { readonly stage: PlanStage; readonly node: LedgerNode },
): Promise<Assessment> {
  const { stage, node } = place;
  if (isEnded(node)) return { kind: 'ended' };
  if (node.status === 'running') return { kind: 'entered' };
  if (run.execution.stop !== undefined) return { kind: 'stopped', stop: run.execution.stop };
  const needs = await ports.executions.nodes(run.execution.id, stage.needs);
  const ready = readiness(
    stage.when,
    stage.needs.map((need) => statusOf(needs.get(need))),
  );
  if (ready === 'wait') return { kind: 'needs' };
  if (ready === 'skip') return { kind: 'skip' };
  const scope = await loadScope(ports, run, stage);
  // What a step will be called back at does not change what it deploys; it exists once the step runs.
  const images = stageImages(stage, { ...scope, variables: { ...scope.variables, CALLBACK_URL: '' } });
  if (node.arrivedAt === undefined) return { kind: 'arrives', images };
  return assessArrived(ports, run, { stage, node, images, arrivedAt: node.arrivedAt });
}

async function assessArrived(
  ports: AssessPorts,
  run: Run,
  place: {
    readonly stage: PlanStage;
    readonly node: LedgerNode;
    readonly images: readonly StageImage[];
    readonly arrivedAt: number;
  },
): Promise<Assessment> {
  const { stage, node, images, arrivedAt } = place;
  // Reads only, and none needs another's answer: asked at once, decided in the order of ruling 1.
  const [by, asked, before] = await Promise.all([
    findOvertaker(ports, run, stage),
    askGates(ports, { run, stage, images, arrivedAt }),
    findBefore(ports, run, stage),
  ]);
  if (by !== undefined) return { kind: 'overtaken', by };
  const gates = mergeStates(node.gates, asked.states);
  if (asked.answer.kind !== 'allow') return { kind: 'gates', gates, answer: asked.answer, at: asked.at, images };
  return before === undefined ? { kind: 'enters', gates, images } : { kind: 'lock', by: before, gates, images };
}

/** The run that makes this one older at the stage, if any. */
export async function findOvertaker(
  ports: Pick<Ports, 'environments' | 'executions'>,
  run: Run,
  stage: PlanStage,
): Promise<string | undefined> {
  if (stage.environment === undefined) return undefined;
  const { pipeline, id, order } = run.execution;
  const { concurrency } = run.plan;
  const heads = await ports.environments.heads(stage.environment, pipeline);
  const self = { executionId: id, order, stage: stage.id, concurrency };
  if (concurrency !== 'supersede') return overtakenBy(self, heads, []);
  return firstOpen(ports, await ports.environments.arrivals(stage.environment, pipeline), (arrivals) =>
    overtakenBy(self, heads, arrivals),
  );
}

/** Who holds the environment's lock, or would take it first; undefined = this run may. `parallel` takes no lock. */
async function findBefore(
  ports: Pick<Ports, 'environments' | 'executions'>,
  run: Run,
  stage: PlanStage,
): Promise<string | undefined> {
  if (!takesLock(run, stage)) return undefined;
  const { pipeline, id, order } = run.execution;
  const lock = await ports.environments.lock(stage.environment, pipeline);
  if (lock !== undefined) return lock.holder === id ? undefined : lock.holder;
  return firstOpen(ports, await ports.environments.arrivals(stage.environment, pipeline), (arrivals) =>
    goesBefore({ executionId: id, order }, arrivals),
  );
}

/**
 * A call that outlived its task may leave an arrival behind, of a run that will never leave: it must hold up nobody. Only the
 * one that would decide is looked up.
 */
async function firstOpen(
  ports: Pick<Ports, 'executions'>,
  arrivals: readonly Arrival[],
  decide: (arrivals: readonly Arrival[]) => string | undefined,
): Promise<string | undefined> {
  const found = decide(arrivals);
  if (found === undefined || !arrivals.some((one) => one.executionId === found)) return found;
  const other = await ports.executions.find(found);
  if (other !== undefined && openStatuses.includes(other.status)) return found;
  const rest = arrivals.filter((one) => one.executionId !== found);
  return firstOpen(ports, rest, decide);
}

export function takesLock(run: Run, stage: PlanStage): stage is PlanStage & { readonly environment: string } {
  return stage.environment !== undefined && run.plan.concurrency !== 'parallel';
}

/** Whether nothing can be done now but wait. */
export function isWaiting(assessment: Assessment): boolean {
  if (assessment.kind === 'gates') return assessment.answer.kind === 'wait';
  return assessment.kind === 'needs' || assessment.kind === 'lock';
}
