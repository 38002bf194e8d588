import type { GateState, LedgerNode, Stop } from '../../domain/execution.ts';
import type { GateAnswer } from '../../domain/gates/gate-answer.ts';
import { isEnded, statusOf } from '../../domain/ledger.ts';
import { readiness } from '../../domain/needs.ts';
import type { PlanStage } from '../../domain/plan.ts';
import { type StageImage, stageImages } from '../../domain/stage-images.ts';
import type { Ports } from '../../ports/ports.ts';
import { askGates, mergeStates } from './ask-gates.ts';
import { findTurn } from './environment-turn.ts';
import type { Run } from './load-run.ts';
import { loadScope } from './load-scope.ts';
import { type Arrived, findArrived } from './stage-arrival.ts';

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
  /** It has to wait, for its gates or (`ready`) for the lock, and does not stand there yet. */
  | {
      readonly kind: 'arrives';
      readonly ready: boolean;
      /** It is about to ask for an approval. */
      readonly asks: boolean;
      readonly images: readonly StageImage[];
    }
  | { readonly kind: 'overtaken'; readonly by: string }
  | ({ readonly kind: 'gates' } & GateAssessment)
  | {
      readonly kind: 'lock';
      readonly arrived: Arrived;
      readonly gates: readonly GateState[];
      readonly images: readonly StageImage[];
    }
  | {
      readonly kind: 'enters';
      /** Absent = it goes straight in. */
      readonly arrived?: Arrived;
      readonly gates: readonly GateState[];
      readonly images: readonly StageImage[];
    };

export interface GateAssessment {
  readonly gates: readonly GateState[];
  readonly answer: Exclude<GateAnswer, { kind: 'allow' }>;
  /** Index of the gate that answered. */
  readonly at: number;
  readonly images: readonly StageImage[];
  /** It took the lock in a call that died, before its gates changed their minds. */
  readonly holds: boolean;
  readonly arrived: Arrived;
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
  return assessReady(ports, run, { stage, node, images });
}

/** A stage that has to wait for nobody goes straight in: only who waits stands in the queue. */
async function assessReady(
  ports: AssessPorts,
  run: Run,
  place: {
    readonly stage: PlanStage;
    readonly node: LedgerNode;
    readonly images: readonly StageImage[];
  },
): Promise<Assessment> {
  const { stage, node, images } = place;
  const arrived = await findArrived(ports, run, { stage, node });
  const arrivedAt = arrived?.arrivedAt ?? ports.clock.now();
  // Reads only, and none needs another's answer: asked at once, decided in the order of ruling 1.
  const [turn, asked] = await Promise.all([
    findTurn(ports, run, stage),
    askGates(ports, { run, stage, images, arrivedAt }),
  ]);
  const { overtaker, before, holds } = turn;
  if (overtaker !== undefined) return { kind: 'overtaken', by: overtaker };
  const gates = mergeStates(node.gates, asked.states);
  const { answer, at } = asked;
  if (answer.kind === 'allow' && before === undefined) {
    return { kind: 'enters', gates, images, ...(arrived === undefined ? {} : { arrived }) };
  }
  if (arrived === undefined) {
    return { kind: 'arrives', ready: answer.kind === 'allow', asks: answer.kind === 'ask', images };
  }
  if (answer.kind !== 'allow') return { kind: 'gates', gates, answer, at, images, holds, arrived };
  return { kind: 'lock', gates, images, arrived };
}

/** Whether nothing can be done now but wait. */
export function isWaiting(assessment: Assessment): boolean {
  if (assessment.kind === 'gates') return assessment.answer.kind === 'wait';
  return assessment.kind === 'needs' || assessment.kind === 'lock';
}
