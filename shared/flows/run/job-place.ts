import type { Digest } from '../../domain/digest.ts';
import type { LedgerNode, NodeStatus } from '../../domain/execution.ts';
import { freshNode, type PlacedStep } from '../../domain/ledger.ts';
import type { PlanJob, PlanStage } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';
import type { BindPorts } from '../bind-pipeline.ts';
import type { Run } from './load-run.ts';

export type StepPorts = Pick<
  Ports,
  | 'accounts'
  | 'clock'
  | 'executions'
  | 'environments'
  | 'artifacts'
  | 'pipelines'
  | 'orchestrator'
  | 'registry'
  | 'imageStates'
  | 'deployers'
  | 'sha256'
  | 'sha1'
  | 'signer'
  | 'log'
  | 'metrics'
  | 'publicUrl'
> &
  BindPorts;

/** A job with what was read about it at the start of a task. */
export interface JobPlace {
  readonly stage: PlanStage;
  readonly job: PlanJob;
  readonly node: LedgerNode;
  readonly stageStatus: NodeStatus;
  /** When the stage began, epoch ms. */
  readonly stageSince: number;
  /** Digests that the stage's gates were asked for. */
  readonly asked: readonly Digest[];
  readonly needs: readonly NodeStatus[];
  readonly steps: ReadonlyMap<string, LedgerNode>;
}

export function freshOr(node: LedgerNode | undefined, run: Run, name: string): LedgerNode {
  return node ?? freshNode(run.execution.id, name, run.execution.attempt);
}

/** A step about to be run, with its ledger entry. */
export interface StepPlace {
  readonly placed: PlacedStep;
  readonly node: LedgerNode;
  readonly asked: readonly Digest[];
  /** When its stage began, epoch ms. */
  readonly stageSince: number;
}
