import type { Digest } from '../../domain/digest.ts';
import type { LedgerNode } from '../../domain/execution.ts';
import type { FaultRecord } from '../../domain/failure.ts';
import { withoutPark } from '../../domain/ledger.ts';
import { type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import type { PlanStage } from '../../domain/plan.ts';
import type { StageImage } from '../../domain/stage-images.ts';
import type { Ports } from '../../ports/ports.ts';
import { wakeExecution } from '../wake.ts';
import { askAgain } from './ask-gates.ts';
import { type Assessment, assessStage } from './assess-stage.ts';
import { digestsToWatch } from './digest-facts.ts';
import { findOvertaker, giveUpLock, takeLock, takesLock } from './environment-turn.ts';
import { endStage } from './leave-stage.ts';
import { keepChangedGates, recordLateDenial } from './load-evidence.ts';
import { loadNode, markSuperseded, type Run, writeNode } from './load-run.ts';
import { askForApproval, closeStageApprovals } from './stage-approvals.ts';
import { findInputs } from './stage-inputs.ts';
import { wakeStanding } from './wake-standing.ts';

export type EnterPorts = Pick<
  Ports,
  'clock' | 'executions' | 'environments' | 'artifacts' | 'pipelines' | 'sha256' | 'sha1' | 'orchestrator' | 'log'
>;

interface Place {
  readonly stage: PlanStage;
  readonly node: LedgerNode;
}

/** Brings a stage in, or says that it has to wait, or ends it before it ran. Asked again after every wake. */
export async function enterStage(ports: EnterPorts, run: Run, stage: PlanStage): Promise<TaskOutput> {
  let node = await loadNode(ports, run, stage.id);
  // Arriving and asking for approval change the ledger; after either the stage is assessed anew, so the loop is short.
  for (let round = 0; round < 5; round++) {
    const assessment = await assessStage(ports, run, { stage, node });
    const stepped = await act(ports, run, { stage, node, assessment });
    if (stepped.kind === 'answer') return stepped.output;
    node = stepped.node;
  }
  return { v: taskVersion, next: 'again' };
}

type Acted =
  | { readonly kind: 'answer'; readonly output: TaskOutput }
  | { readonly kind: 'changed'; readonly node: LedgerNode };

async function act(ports: EnterPorts, run: Run, at: Place & { readonly assessment: Assessment }): Promise<Acted> {
  const { assessment, stage } = at;
  const node = withArrival(at.node, assessment);
  switch (assessment.kind) {
    case 'ended':
      return answer({ v: taskVersion, next: 'done', jobs: [] });
    case 'entered':
      return answer(jobsOf(stage));
    case 'needs':
      return answer({ v: taskVersion, next: 'park' });
    case 'stopped':
      return endBefore(ports, run, at, { status: 'cancelled', ...stopFault(assessment.stop) });
    case 'skip':
      return endBefore(ports, run, at, { status: 'skipped' });
    case 'arrives':
      return arrive(ports, run, { ...at, assessment });
    case 'overtaken':
      return supersede(ports, run, { ...at, by: assessment.by });
    case 'gates':
      return stopAtGates(ports, run, { stage, node, assessment });
    case 'lock':
      await standReady(ports, run, stage);
      return answer({ v: taskVersion, next: 'park' });
    case 'enters':
      return enter(ports, run, { stage, node, assessment });
  }
}

/** What was read of its arrival is in its entry from the next write on. */
function withArrival(node: LedgerNode, assessment: Assessment): LedgerNode {
  return 'arrived' in assessment ? { ...node, ...assessment.arrived } : node;
}

function answer(output: TaskOutput): Acted {
  return { kind: 'answer', output };
}

function jobsOf(stage: PlanStage): TaskOutput {
  return { v: taskVersion, next: 'done', jobs: stage.jobs.map((job) => job.ordinal) };
}

function stopFault(stop: { readonly kind: 'cancelled' | 'superseded' | 'deadlineExceeded'; readonly by?: string }): {
  readonly error: FaultRecord;
  readonly supersededBy?: string;
} {
  if (stop.kind === 'superseded') {
    const by = stop.by ?? 'a newer execution';
    return { error: { code: 'superseded', message: `Superseded by ${by}.` }, supersededBy: by };
  }
  if (stop.kind === 'cancelled') {
    return { error: { code: 'cancelled', message: `Cancelled by ${stop.by ?? 'an owner'} before it started.` } };
  }
  return { error: { code: 'deadlineExceeded', message: 'The execution was open for more than 21 days.' } };
}

/** Ends a stage that never ran: its approvals close with it. */
async function endBefore(ports: EnterPorts, run: Run, at: Place, end: Partial<LedgerNode>): Promise<Acted> {
  const closed = end.supersededBy !== undefined ? 'superseded' : 'cancelled';
  await closeStageApprovals(ports, run, { stage: at.stage, as: closed });
  await endStage(ports, run, at.stage, { ...at.node, ...end });
  return answer({ v: taskVersion, next: 'done', jobs: [] });
}

/**
 * Takes the stage's place in the queue. A newer arrival is what makes older ones superseded, so they are woken. Its entry says so
 * before it waits for facts or the lock; an approval that it asks for says it as well.
 */
async function arrive(
  ports: EnterPorts,
  run: Run,
  at: Place & { readonly assessment: Extract<Assessment, { kind: 'arrives' }> },
): Promise<Acted> {
  await stand(ports, run, { stage: at.stage, ready: at.assessment.ready });
  await wakeOlder(ports, run, at.stage);
  const node: LedgerNode = {
    ...withoutPark(at.node),
    attempt: run.execution.attempt,
    status: 'waiting',
    arrivedAt: ports.clock.now(),
    asked: digestsOf(at.assessment.images),
  };
  return { kind: 'changed', node: at.assessment.asks ? node : await writeNode(ports, node) };
}

async function stand(
  ports: EnterPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly ready: boolean },
): Promise<void> {
  const { environment, id: stage } = at.stage;
  if (environment === undefined) return;
  const { pipeline, order, id: executionId, attempt } = run.execution;
  const arrival = { environment, pipeline, order, executionId, attempt, stage, ready: at.ready };
  await ports.environments.arrive(arrival);
}

/** Asked again after every wake, it mostly stands as ready already. */
async function standReady(ports: EnterPorts, run: Run, stage: PlanStage): Promise<void> {
  if (stage.environment === undefined) return;
  const { pipeline, id, attempt } = run.execution;
  const arrivals = await ports.environments.arrivals(stage.environment, pipeline);
  const own = arrivals.find((one) => one.executionId === id && one.stage === stage.id);
  if (own === undefined || !own.ready || own.attempt !== attempt) await stand(ports, run, { stage, ready: true });
}

/** Those that a run makes older by being at a stage. */
async function wakeOlder(ports: EnterPorts, run: Run, stage: PlanStage): Promise<void> {
  if (stage.environment === undefined || run.plan.concurrency !== 'supersede') return;
  const arrivals = await ports.environments.arrivals(stage.environment, run.execution.pipeline);
  const older = arrivals.filter((one) => one.stage === stage.id && one.order < run.execution.order);
  for (const one of older) await wakeExecution(ports, one.executionId);
}

/** The whole execution is superseded: no further stage of it starts, running ones finish (ruling 1). */
async function supersede(ports: EnterPorts, run: Run, at: Place & { readonly by: string }): Promise<Acted> {
  await markSuperseded(ports, run.execution.id, at.by);
  // Its other stages read the stop: woken before this one ends, so that a repeated call still wakes them.
  await wakeExecution(ports, run.execution.id);
  return endBefore(ports, run, at, { status: 'cancelled', ...stopFault({ kind: 'superseded', by: at.by }) });
}

async function stopAtGates(
  ports: EnterPorts,
  run: Run,
  at: Place & { readonly assessment: Extract<Assessment, { kind: 'gates' }> },
): Promise<Acted> {
  const { assessment, stage, node } = at;
  if (assessment.holds && takesLock(run, stage)) {
    await giveUpLock(ports, run, stage);
    await wakeStanding(ports, stage.environment, run.execution.pipeline);
  }
  if (assessment.answer.kind === 'ask') {
    await askForApproval(ports, run, { stage, gate: assessment.at, images: assessment.images });
    return { kind: 'changed', node };
  }
  if (assessment.answer.kind === 'deny')
    return deny(ports, run, { ...at, assessment: { ...assessment, answer: assessment.answer } });
  await watchFacts(ports, run, { ...at, assessment });
  return answer({ v: taskVersion, next: 'park' });
}

async function deny(
  ports: EnterPorts,
  run: Run,
  at: Place & {
    readonly assessment: {
      readonly gates: LedgerNode['gates'];
      readonly answer: { readonly code: string; readonly message: string };
    };
  },
): Promise<Acted> {
  const { code, message } = at.assessment.answer;
  // Those beside an expired one, or asked before a fact refused the digest, are over with the stage, not expired.
  const as = code === 'approvalExpired' ? 'expired' : 'cancelled';
  await closeStageApprovals(ports, run, { stage: at.stage, as });
  await keepChangedGates(ports, run, { stage: at.stage, before: at.node.gates, after: at.assessment.gates });
  await endStage(ports, run, at.stage, {
    ...at.node,
    status: 'failed',
    gates: at.assessment.gates,
    error: { code, message },
  });
  return answer({ v: taskVersion, next: 'done', jobs: [] });
}

/** Facts about these digests wake the stage; the entries go away with the wait. */
async function watchFacts(
  ports: EnterPorts,
  run: Run,
  at: Place & { readonly assessment: Extract<Assessment, { kind: 'gates' }> },
): Promise<void> {
  const { answer: asked, images } = at.assessment;
  if (asked.kind !== 'wait') return;
  for (const image of images) {
    for (const digest of await digestsToWatch(ports, run, image)) {
      await ports.executions.putFactWait(digest, run.execution.id, at.stage.id, asked.until);
    }
  }
}

function digestsOf(images: readonly StageImage[]): readonly Digest[] {
  return images.map((image) => image.digest);
}

/** The lock, then the order again under it, then `rejected` and `scan` again, then in. */
async function enter(
  ports: EnterPorts,
  run: Run,
  at: Place & { readonly assessment: Extract<Assessment, { kind: 'enters' }> },
): Promise<Acted> {
  const { stage, node, assessment } = at;
  if (takesLock(run, stage)) {
    const taken = await takeLock(ports, run, stage);
    if (taken.kind === 'held') return { kind: 'changed', node };
    // Who stood here woke them when it arrived; who went straight in is seen from the lock on.
    if (node.arrivedAt === undefined) await wakeOlder(ports, run, stage);
  }
  const arrivedAt = node.arrivedAt ?? ports.clock.now();
  const asking = { run, stage, images: assessment.images, arrivedAt };
  const [by, again] = await Promise.all([findOvertaker(ports, run, stage), askAgain(ports, asking)]);
  // Whatever ends it now, its entry says what its gates answered.
  const asked = { ...node, gates: assessment.gates };
  if (by !== undefined) return supersede(ports, run, { stage, node: asked, by });
  if (again.kind === 'deny') {
    const gates = assessment.gates.map((state) => (state.kind === again.gate.kind ? again.gate : state));
    await recordLateDenial(ports, run, { stage, gate: again.gate });
    return deny(ports, run, { stage, node: asked, assessment: { gates, answer: again } });
  }
  const found = await findInputs(ports, run, stage);
  if (found.kind === 'missing') {
    return deny(ports, run, { stage, node, assessment: { gates: assessment.gates, answer: found } });
  }
  await writeNode(ports, {
    ...withoutPark(node),
    attempt: run.execution.attempt,
    status: 'running',
    arrivedAt,
    asked: node.asked ?? digestsOf(assessment.images),
    startedAt: ports.clock.now(),
    gates: assessment.gates,
    ...(found.inputs.length === 0 ? {} : { inputs: found.inputs }),
  });
  return answer(jobsOf(stage));
}
