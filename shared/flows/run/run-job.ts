import { withBegunSteps } from '../../domain/begun-steps.ts';
import type { LedgerNode, NodeStatus } from '../../domain/execution.ts';
import type { FaultRecord } from '../../domain/failure.ts';
import { jobNames, jobOf } from '../../domain/job-status.ts';
import { isEnded, jobNode, jobOutcome, statusOf, stepNode, stepRuns, withoutPark } from '../../domain/ledger.ts';
import { type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import { readiness } from '../../domain/needs.ts';
import type { PlanJob, PlanStage } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { wakeNode } from '../wake.ts';
import { freshOr, type JobPlace, type StepPorts } from './job-place.ts';
import { type Run, writeNode } from './load-run.ts';
import { withWanted } from './resolve-step.ts';
import { cancelStep, failStep, runStep } from './run-step.ts';

/** Does the next effect of a job: one step at a time, in file order. */
export async function runJob(
  ports: StepPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly job: PlanJob },
): Promise<TaskOutput> {
  const place = await loadJob(ports, run, at);
  // Who died between the end and the wakes is repeated here.
  if (isEnded(place.node)) return leaveJob(ports, run, at);
  if (place.stageStatus !== 'running') return done();
  const ready = readiness(at.job.when, place.needs);
  if (ready === 'wait' && !stopsSteps(run)) return { v: taskVersion, next: 'park' };
  if (ready === 'skip') return endJob(ports, run, { ...place, status: 'skipped' });
  return nextStep(ports, run, place);
}

async function nextStep(ports: StepPorts, run: Run, place: JobPlace): Promise<TaskOutput> {
  const steps = new Map(place.steps);
  const statuses: NodeStatus[] = [];
  for (const step of place.job.steps) {
    const name = stepNode(place.stage.id, place.job.id, step.id);
    const node = freshOr(steps.get(name), run, name);
    if (isEnded(node)) {
      statuses.push(node.status);
      continue;
    }
    const placed = { stage: place.stage, job: place.job, step, node: name };
    if (stopsSteps(run)) {
      statuses.push((await cancelStep(ports, run, { placed, node })).status);
      continue;
    }
    if (node.status === 'notStarted' && !stepRuns(step.when, statuses)) {
      await writeNode(ports, {
        ...node,
        attempt: run.execution.attempt,
        status: 'skipped',
        endedAt: ports.clock.now(),
      });
      statuses.push('skipped');
      continue;
    }
    const result = await runStep(ports, run, { placed, node, asked: place.asked, stageSince: place.stageSince });
    if (result.kind === 'answer') return result.output;
    statuses.push(result.node.status);
    if (statuses.length < place.job.steps.length) return { v: taskVersion, next: 'again' };
  }
  return endByStatuses(ports, run, { place, statuses });
}

/** The engine gave up on the step under way: it failed, and its handlers get their turn. */
export async function failRunningStep(
  ports: StepPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly job: PlanJob; readonly error: FaultRecord },
): Promise<TaskOutput> {
  const place = await loadJob(ports, run, at);
  if (isEnded(place.node)) return done();
  for (const step of place.job.steps) {
    const name = stepNode(place.stage.id, place.job.id, step.id);
    const node = freshOr(place.steps.get(name), run, name);
    if (isEnded(node)) continue;
    const placed = { stage: place.stage, job: place.job, step, node: name };
    await failStep(ports, run, { placed, node: await withWanted(ports, run, { placed, node }), error: at.error });
    return { v: taskVersion, next: 'again' };
  }
  // Its steps have ended and say how: others may have acted on that already.
  if (place.job.steps.length > 0) return nextStep(ports, run, place);
  return endJob(ports, run, { ...place, status: 'failed', error: at.error });
}

/** A superseded run finishes what has begun (ruling 1); a cancelled one stops at the next effect. */
function stopsSteps(run: Run): boolean {
  return run.execution.stop !== undefined && run.execution.stop.kind !== 'superseded';
}

async function endByStatuses(
  ports: StepPorts,
  run: Run,
  at: { readonly place: JobPlace; readonly statuses: readonly NodeStatus[] },
): Promise<TaskOutput> {
  const { place } = at;
  // Its steps say how it ended; only an entry that waited is told, so that nothing looks as if it waited still.
  if (place.node.rev === 0 && at.statuses.length > 0) return leaveJob(ports, run, place);
  const status = jobOutcome(at.statuses);
  if (status !== 'failed') return endJob(ports, run, { ...place, status });
  const names = place.job.steps.map((step) => stepNode(place.stage.id, place.job.id, step.id));
  const nodes = await ports.executions.nodes(run.execution.id, names);
  const error = names.map((name) => nodes.get(name)).find((node) => node?.status === 'failed')?.error;
  return endJob(ports, run, { ...place, status, error });
}

async function endJob(
  ports: StepPorts,
  run: Run,
  at: JobPlace & { readonly status: NodeStatus; readonly error?: LedgerNode['error'] },
): Promise<TaskOutput> {
  await writeNode(ports, {
    ...withoutPark(at.node),
    attempt: run.execution.attempt,
    status: at.status,
    endedAt: ports.clock.now(),
    ...(at.error === undefined ? {} : { error: at.error }),
  });
  return leaveJob(ports, run, at);
}

/** Wakes the jobs that need this one. */
async function leaveJob(
  ports: Pick<StepPorts, 'executions' | 'orchestrator'>,
  run: Run,
  at: { readonly stage: PlanStage; readonly job: PlanJob },
): Promise<TaskOutput> {
  for (const other of at.stage.jobs) {
    if (other.needs.includes(at.job.id)) await wakeNode(ports, run.execution.id, jobNode(at.stage.id, other.id));
  }
  return done();
}

function done(): TaskOutput {
  return { v: taskVersion, next: 'done' };
}

/** One read of everything the job needs to know: itself, its stage, its needs, its steps. */
export async function loadJob(
  ports: Pick<Ports, 'executions'>,
  run: Run,
  at: { readonly stage: PlanStage; readonly job: PlanJob },
): Promise<JobPlace> {
  const { stage, job } = at;
  const name = jobNode(stage.id, job.id);
  const needs = stage.jobs.filter(({ id }) => job.needs.includes(id));
  const steps = job.steps.map((step) => stepNode(stage.id, job.id, step.id));
  const names = [job, ...needs].flatMap((one) => jobNames(stage, one));
  const stored = await ports.executions.nodes(run.execution.id, [stage.id, ...names]);
  const nodes = withBegunSteps(stored, stage, run.execution);
  return {
    stage,
    job,
    node: freshOr(nodes.get(name), run, name),
    stageStatus: statusOf(nodes.get(stage.id)),
    stageSince: nodes.get(stage.id)?.startedAt ?? run.execution.createdAt,
    asked: nodes.get(stage.id)?.asked ?? [],
    needs: needs.map((need) => jobOf(nodes, { stage, job: need }, run.execution).status),
    steps: new Map(steps.flatMap((step) => withFound(step, nodes.get(step)))),
  };
}

function withFound(name: string, node: LedgerNode | undefined): readonly (readonly [string, LedgerNode])[] {
  return node === undefined ? [] : [[name, node]];
}
