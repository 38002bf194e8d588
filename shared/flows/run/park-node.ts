import type { LedgerNode, Park } from '../../domain/execution.ts';
import { jobByOrdinal, jobNode, stageByOrdinal } from '../../domain/ledger.ts';
import type { ParkInput } from '../../domain/machine-io.ts';
import { readiness } from '../../domain/needs.ts';
import type { PlanStage } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { type Assessment, type AssessPorts, assessStage, isWaiting } from './assess-stage.ts';
import type { JobPlace } from './job-place.ts';
import { keepChangedGates } from './load-evidence.ts';
import { isCurrent, loadNode, loadRun, type Run } from './load-run.ts';
import { loadJob } from './run-job.ts';

type ParkPorts = AssessPorts & Pick<Ports, 'pipelines' | 'orchestrator'>;

/** The waiting task's own limit: after it the machine asks again by itself. */
export const parkLimit = 86_400_000;

/**
 * The waiting task: puts down its token, then asks whether it still has to wait. In this order a fulfilment that comes in
 * between is never lost: whoever fulfils writes the ledger first and reads the token after.
 */
export async function parkNode(ports: ParkPorts, input: ParkInput): Promise<void> {
  const run = await loadRun(ports, input.execution);
  const stage = stageByOrdinal(run.plan, input.stage);
  if (stage === undefined || !isCurrent(run, input.machine)) return ports.orchestrator.wake(input.token);
  const name = nodeName(stage, input.job);
  const wait = await waitOf(ports, run, { stage, job: input.job });
  // Also where it need not wait: a wake that gets lost now would leave a wait that nobody could find.
  const registered = await register(ports, run, {
    name,
    stage,
    input,
    wait: wait ?? { why: 'wake', until: ports.clock.now() },
  });
  if (!registered || wait === undefined) return ports.orchestrator.wake(input.token);
  const again = await waitOf(ports, await loadRun(ports, input.execution), { stage, job: input.job });
  if (again === undefined) await ports.orchestrator.wake(input.token);
}

function nodeName(stage: PlanStage, job: number | undefined): string {
  const found = job === undefined ? undefined : jobByOrdinal(stage, job);
  return found === undefined ? stage.id : jobNode(stage.id, found.id);
}

interface Waiting {
  readonly why: Park['why'];
  readonly until?: number;
  /** What is put down with the wait of a stage that has arrived: nothing else writes it. */
  readonly found?: Pick<LedgerNode, 'arrivedAt' | 'asked' | 'gates'>;
}

/** Why a node has to wait now; undefined = it has not. */
export async function waitOf(
  ports: AssessPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly job: number | undefined },
): Promise<Waiting | undefined> {
  const job = at.job === undefined ? undefined : jobByOrdinal(at.stage, at.job);
  if (job !== undefined) return jobWait(run, await loadJob(ports, run, { stage: at.stage, job }), ports.clock.now());
  const node = await loadNode(ports, run, at.stage.id);
  const assessment = await assessStage(ports, run, { stage: at.stage, node });
  return isWaiting(assessment) ? stageWait(assessment) : undefined;
}

function stageWait(assessment: Assessment): Waiting {
  if (assessment.kind !== 'gates' && assessment.kind !== 'lock') return { why: 'needs' };
  const found = { ...assessment.arrived, gates: assessment.gates };
  if (assessment.kind === 'lock') return { why: 'lock', found };
  return { why: 'gates', found, ...(assessment.answer.kind === 'wait' ? { until: assessment.answer.until } : {}) };
}

/** A job waits for other jobs, or one of its steps waits for its callback or its child until its time is over. */
function jobWait(run: Run, place: JobPlace, now: number): Waiting | undefined {
  if (run.execution.stop !== undefined && run.execution.stop.kind !== 'superseded') return undefined;
  if (readiness(place.job.when, place.needs) === 'wait') return { why: 'needs' };
  const waiting = [...place.steps.values()].find((step) => step.status === 'waiting');
  if (waiting?.callback === undefined) return undefined;
  if (waiting.callback.answer !== undefined || waiting.callback.until <= now) return undefined;
  return { why: waiting.kind === 'pipeline' ? 'child' : 'callback', until: waiting.callback.until };
}

/** True once the token stands; false when a newer one does, which then is the one to wake. */
async function register(
  ports: ParkPorts,
  run: Run,
  at: { readonly name: string; readonly stage: PlanStage; readonly input: ParkInput; readonly wait: Waiting },
): Promise<boolean> {
  const now = ports.clock.now();
  const park: Park = {
    token: at.input.token,
    enteredAt: Date.parse(at.input.enteredAt),
    retry: at.input.retry,
    wakeAt: Math.min(at.wait.until ?? now + parkLimit, now + parkLimit),
    why: at.wait.why,
  };
  for (let tries = 0; tries < 8; tries++) {
    const node = await loadNode(ports, run, at.name);
    if (isNewer(node, park, now)) return false;
    const waiting = asWaiting(node, at.wait);
    await keepChangedGates(ports, run, { stage: at.stage, before: node.gates, after: waiting.gates });
    if ((await ports.executions.saveNode({ ...waiting, attempt: run.execution.attempt, park })) !== undefined)
      return true;
  }
  return false;
}

/** What has begun or ended meanwhile stays as it is. */
function asWaiting(node: LedgerNode, { found }: Waiting): LedgerNode {
  const waits = node.status === 'notStarted' || node.status === 'waiting';
  return waits ? { ...node, ...found, status: 'waiting' } : node;
}

/** How far the engine's clock and ours may be apart. */
const clockTolerance = 60_000;

/** A registration from the future is one of a clock that was wrong: it would keep every later token out. */
function isNewer(node: LedgerNode, park: Park, now: number): boolean {
  if (node.park === undefined || node.park.token === park.token) return false;
  if (node.park.enteredAt > now + clockTolerance) return false;
  if (node.park.enteredAt !== park.enteredAt) return node.park.enteredAt > park.enteredAt;
  return node.park.retry > park.retry;
}
