import { begunSteps } from '../../domain/begun-steps.ts';
import type { Arrival } from '../../domain/environment.ts';
import type { LedgerNode, NodeStatus } from '../../domain/execution.ts';
import type { FaultRecord } from '../../domain/failure.ts';
import { jobNames, jobOf } from '../../domain/job-status.ts';
import { isEnded, stageOutcome, statusOf, withoutPark } from '../../domain/ledger.ts';
import { type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import type { PlanStage } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { wakeNode } from '../wake.ts';
import type { BindStagePorts } from './bind-stage.ts';
import { loadNode, type Run, writeNode } from './load-run.ts';
import { recordVerified } from './record-deployment.ts';
import { wakeThose } from './wake-standing.ts';

export type StageEndPorts = Pick<
  Ports,
  'clock' | 'executions' | 'environments' | 'orchestrator' | 'artifacts' | 'pipelines' | 'sha1' | 'log'
>;

/** Last task of a stage: its outcome from its jobs, its place in the environment given back, who waited for it woken. */
export async function leaveStage(
  ports: StageEndPorts & BindStagePorts,
  run: Run,
  stage: PlanStage,
): Promise<TaskOutput> {
  const node = await loadNode(ports, run, stage.id);
  // An ended stage only repeats what a crash after its end may have left out.
  if (isEnded(node)) await afterEnd(ports, run, stage);
  else await endByJobs(ports, run, stage, node);
  return { v: taskVersion, next: 'done' };
}

async function endByJobs(
  ports: StageEndPorts & BindStagePorts,
  run: Run,
  stage: PlanStage,
  node: LedgerNode,
): Promise<void> {
  const names = stage.jobs.flatMap((job) => jobNames(stage, job));
  const known = await ports.executions.nodes(run.execution.id, names);
  const nodes = await endLeftSteps(ports, run, stage, new Map([...known, [stage.id, node]]));
  const jobs = stage.jobs.map((job) => jobOf(nodes, { stage, job }, run.execution));
  const statuses = jobs.map((job) => endedOr(job, run));
  const outcome = node.status === 'running' ? stageOutcome(statuses) : endedOr(undefined, run);
  // Before the stage counts as verified: one whose artifacts are not there has failed.
  const binds = outcome === 'succeeded' && stage.expectedArtifacts.length > 0;
  const binding = binds ? await (await import('./bind-stage.ts')).bindStage(ports, run, stage) : undefined;
  const unbound = binding?.kind === 'failed' ? { code: binding.code, message: binding.message } : undefined;
  const status = unbound === undefined ? outcome : 'failed';
  if (status === 'succeeded') await recordVerified(ports, run, stage);
  const { stop } = run.execution;
  await endStage(ports, run, stage, {
    ...node,
    status,
    ...(status === 'failed' ? { error: unbound ?? firstFault(jobs) } : {}),
    ...(binding?.kind === 'bound' && binding.bound.length > 0 ? { bound: binding.bound } : {}),
    ...(status === 'cancelled' && stop?.kind === 'superseded' && stop.by !== undefined
      ? { supersededBy: stop.by }
      : {}),
  });
}

/** A step that began with the stage and still has no entry: its branch could not even record its fault, so this does. */
async function endLeftSteps(
  ports: Pick<StageEndPorts, 'clock' | 'executions'>,
  run: Run,
  stage: PlanStage,
  nodes: ReadonlyMap<string, LedgerNode>,
): Promise<ReadonlyMap<string, LedgerNode>> {
  const ended: LedgerNode[] = [];
  for (const step of begunSteps(nodes, stage, run.execution)) {
    const message = 'It was left before it said how it ended; the target may have changed. Retry the execution.';
    const error = { code: run.execution.stop?.kind ?? 'engineStopped', message };
    const status = endedOr(undefined, run);
    ended.push(await writeNode(ports, { ...step, status, error, endedAt: ports.clock.now() }));
  }
  return new Map([...nodes, ...ended.map((step) => [step.name, step] as const)]);
}

function firstFault(jobs: readonly LedgerNode[]): FaultRecord {
  const failed = jobs.find((job) => job.status === 'failed')?.error;
  return failed ?? { code: 'engineStopped', message: 'The stage was left before it ended. Retry the execution.' };
}

/** A job that did not end although its branch did was stopped from outside the ledger. */
function endedOr(node: LedgerNode | undefined, run: Run): NodeStatus {
  if (isEnded(node)) return statusOf(node);
  return run.execution.stop === undefined ? 'failed' : 'cancelled';
}

/**
 * Ends a stage: first the ledger, which is what gives the lock back, then its arrival goes and whoever waited is woken. Dying
 * between any two of these is made good by asking again.
 */
export async function endStage(
  ports: StageEndPorts,
  run: Run,
  stage: PlanStage,
  node: LedgerNode & { readonly error?: FaultRecord },
): Promise<LedgerNode> {
  const saved = await writeNode(ports, {
    ...withoutPark(node),
    attempt: run.execution.attempt,
    endedAt: ports.clock.now(),
  });
  await afterEnd(ports, run, stage);
  return saved;
}

async function afterEnd(ports: StageEndPorts, run: Run, stage: PlanStage): Promise<void> {
  await giveBackPlace(ports, run, stage);
  await wakeSuccessors(ports, run, stage);
}

/** Takes a stage that has ended out of the queue, if it had to stand there, and wakes who goes next. */
export async function giveBackPlace(ports: StageEndPorts, run: Run, stage: PlanStage): Promise<void> {
  const { environment } = stage;
  if (environment === undefined) return;
  const { pipeline, id } = run.execution;
  const arrivals = await ports.environments.arrivals(environment, pipeline);
  const isOwn = (one: Arrival) => one.executionId === id && one.stage === stage.id;
  for (const own of arrivals.filter(isOwn)) await ports.environments.leave(own);
  await wakeThose(ports, { environment, pipeline, arrivals: arrivals.filter((one) => !isOwn(one)) });
}

async function wakeSuccessors(ports: StageEndPorts, run: Run, stage: PlanStage): Promise<void> {
  const waiting = run.plan.stages.filter((other) => other.needs.includes(stage.id));
  for (const other of waiting) await wakeNode(ports, run.execution.id, other.id);
}
