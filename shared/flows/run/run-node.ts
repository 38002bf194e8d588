import { engineFaultRecord } from '../../domain/engine-fault.ts';
import { Failure, type FaultRecord } from '../../domain/failure.ts';
import { isEnded, jobByOrdinal, stageByOrdinal } from '../../domain/ledger.ts';
import { type EngineFault, type TaskInput, type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import type { PlanJob, PlanStage } from '../../domain/plan.ts';
import type { EndPorts } from './end-execution.ts';
import type { StepPorts } from './job-place.ts';
import { isCurrent, loadNode, loadRun, type Run } from './load-run.ts';

export type RunPorts = StepPorts & EndPorts;

/**
 * The machine's one call: does the next effect of a node and says how to go on. A machine that is no longer the execution's
 * current one, or whose execution has ended, is walked to its end without doing anything.
 */
export async function runNode(ports: RunPorts, input: TaskInput): Promise<TaskOutput> {
  if (input.v !== taskVersion && input.v !== taskVersion - 1) {
    throw new Failure('internal', `Task input has version ${input.v}; this release reads ${taskVersion}.`);
  }
  const run = await loadRun(ports, input.execution);
  if (!isCurrent(run, input.machine)) return { v: taskVersion, next: 'done' };
  return input.fault === undefined
    ? perform(ports, run, input)
    : recordFault(ports, run, { input, fault: input.fault });
}

/** What each kind of call needs is loaded by the first of its kind: a function that just started has one call to answer. */
async function perform(ports: RunPorts, run: Run, input: TaskInput): Promise<TaskOutput> {
  switch (input.do) {
    case 'begin':
      return (await import('./begin-execution.ts')).beginExecution(ports, run);
    case 'enter':
      return (await import('./enter-stage.ts')).enterStage(ports, run, getStage(run, input.stage));
    case 'job':
      return (await import('./run-job.ts')).runJob(ports, run, getJob(run, input));
    case 'leave':
      return (await import('./leave-stage.ts')).leaveStage(ports, run, getStage(run, input.stage));
    case 'end':
      return endExecution(ports, run);
  }
}

/** The engine gave up on this call: the ledger says so, and everything that does not depend on it goes on. */
async function recordFault(
  ports: RunPorts,
  run: Run,
  at: { readonly input: TaskInput; readonly fault: EngineFault },
): Promise<TaskOutput> {
  const { input } = at;
  const error = engineFaultRecord(at.fault);
  ports.log.error('the engine gave up on a task', { execution: run.execution.id, do: input.do, code: at.fault.error });
  switch (input.do) {
    case 'begin':
      // Nothing has run, so there is nothing to walk through: it ends here, with the reason.
      return endExecution(ports, run, error);
    case 'end':
      return endExecution(ports, run, error);
    case 'job':
      return (await import('./run-job.ts')).failRunningStep(ports, run, { ...getJob(run, input), error });
    case 'enter':
    case 'leave': {
      const { closeStageApprovals } = await import('./stage-approvals.ts');
      const { endStage, leaveStage } = await import('./leave-stage.ts');
      const stage = getStage(run, input.stage);
      const node = await loadNode(ports, run, stage.id);
      await closeStageApprovals(ports, run, { stage, as: 'cancelled' });
      // Its end stands; whoever is not woken by it is found by the sweep.
      if (isEnded(node)) await leaveStage(ports, run, stage).catch(() => undefined);
      else await endStage(ports, run, stage, { ...node, status: 'failed', error });
      return { v: taskVersion, next: 'done' };
    }
  }
}

async function endExecution(ports: RunPorts, run: Run, error?: FaultRecord): Promise<TaskOutput> {
  const end = await import('./end-execution.ts');
  return end.endExecution(ports, run, error);
}

function getStage(run: Run, ordinal: number): PlanStage {
  const stage = stageByOrdinal(run.plan, ordinal);
  if (stage === undefined) throw new Failure('internal', `${run.execution.id} has no stage ${ordinal}.`);
  return stage;
}

function getJob(
  run: Run,
  at: { readonly stage: number; readonly job: number },
): { readonly stage: PlanStage; readonly job: PlanJob } {
  const stage = getStage(run, at.stage);
  const job = jobByOrdinal(stage, at.job);
  if (job === undefined) throw new Failure('internal', `${run.execution.id}: stage ${stage.id} has no job ${at.job}.`);
  return { stage, job };
}
