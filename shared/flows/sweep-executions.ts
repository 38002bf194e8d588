import { type Execution, type LedgerNode, openStatuses } from '../domain/execution.ts';
import { faultRecord } from '../domain/failure.ts';
import { jobNames, jobOf } from '../domain/job-status.ts';
import { isEnded, isListed, jobByOrdinal, withoutPark } from '../domain/ledger.ts';
import { taskVersion } from '../domain/machine-io.ts';
import type { PlanStage } from '../domain/plan.ts';
import { cancelExecution } from './cancel-execution.ts';
import { finishExecution } from './finish-execution.ts';
import { loadNode, loadRun, type Run } from './run/load-run.ts';
import { waitOf } from './run/park-node.ts';
import type { RunPorts } from './run/run-node.ts';

/** An execution that is open longer than this fails (ruling 5). */
export const deadline = 21 * 86_400_000;
/** How long a start may take before the sweep starts the machine again. */
const startGrace = 30_000;
/** Pages of the lists that a sweep walks. */
const pageSize = 100;

export interface Swept {
  readonly woken: number;
  readonly restarted: number;
  readonly finished: number;
}

/**
 * Makes good what got lost: wakes parked nodes whose condition holds, starts machines that a crash kept from starting,
 * finishes executions whose machine is gone, ends those past their deadline. A lock that was left behind is nobody's, so who
 * waits for it is one of those it wakes. Once a minute.
 */
export async function sweepExecutions(ports: RunPorts, options: { readonly checkEngine: boolean }): Promise<Swept> {
  // Deadlines first: a run that is past its own must not be woken to something else.
  const open = await sweepOpen(ports, options);
  const woken = open.woken + (await wakeParked(ports));
  return { ...open, woken };
}

/** Wakes the listed nodes whose own time has come; cheap enough for every second. The sweep looks at all the others. */
export async function wakeDue(ports: RunPorts): Promise<number> {
  let woken = 0;
  for await (const parked of pages((cursor) => ports.executions.parked({ cursor, limit: pageSize }))) {
    if (parked.wakeAt > ports.clock.now()) break;
    const done = await attempt(ports, parked.execution, () => wakeIfDue(ports, parked));
    if (done === true) woken++;
  }
  return woken;
}

async function wakeParked(ports: RunPorts): Promise<number> {
  let woken = 0;
  for await (const parked of pages((cursor) => ports.executions.parked({ cursor, limit: pageSize }))) {
    const done = await attempt(ports, parked.execution, () => wakeIfDue(ports, parked));
    if (done === true) woken++;
  }
  return woken;
}

async function wakeIfDue(
  ports: RunPorts,
  parked: { readonly execution: string; readonly node: string },
): Promise<boolean> {
  const run = await loadRun(ports, parked.execution);
  const place = findPlace(run, parked.node);
  if (place === undefined) return false;
  const node = await loadNode(ports, run, parked.node);
  if (node.park?.token === undefined) return false;
  const due = node.park.wakeAt <= ports.clock.now();
  if (!due && (await waitOf(ports, run, place)) !== undefined) return false;
  await ports.orchestrator.wake(node.park.token);
  // Nothing of an ended node can wait: its token leaves the list with this wake.
  if (await hasEnded(ports, run, { ...place, node })) await ports.executions.saveNode(withoutPark(node));
  return true;
}

async function hasEnded(
  ports: RunPorts,
  run: Run,
  { stage, job, node }: Placed & { readonly node: LedgerNode },
): Promise<boolean> {
  const found = job === undefined ? undefined : jobByOrdinal(stage, job);
  if (found === undefined) return isEnded(node);
  const nodes = await ports.executions.nodes(run.execution.id, jobNames(stage, found));
  return isEnded(jobOf(nodes, { stage, job: found }, run.execution));
}

interface Placed {
  readonly stage: PlanStage;
  /** Its ordinal; undefined = the stage itself. */
  readonly job: number | undefined;
}

function findPlace(run: Run, name: string): Placed | undefined {
  const [stageId, jobId] = name.split('/');
  const stage = run.plan.stages.find((one) => one.id === stageId);
  const job = jobId === undefined ? undefined : stage?.jobs.find((one) => one.id === jobId)?.ordinal;
  return stage === undefined ? undefined : { stage, job };
}

async function sweepOpen(
  ports: RunPorts,
  options: { readonly checkEngine: boolean },
): Promise<{ readonly woken: number; readonly restarted: number; readonly finished: number }> {
  let woken = 0;
  let restarted = 0;
  let finished = 0;
  for await (const id of pages((cursor) => ports.executions.open({ cursor, limit: pageSize }))) {
    const done = await attempt(ports, id, () => sweepOne(ports, id, options));
    if (done === 'restarted') restarted++;
    if (done === 'finished') finished++;
    if (done === 'left') woken += (await attempt(ports, id, () => wakeUnlisted(ports, id))) ?? 0;
  }
  return { woken, restarted, finished };
}

/** Nodes that wait for others of their own execution are in no list: whoever they need wakes them, and when that gets lost, this. */
async function wakeUnlisted(ports: RunPorts, execution: string): Promise<number> {
  let woken = 0;
  for (const { name, park } of await ports.executions.allNodes(execution)) {
    if (park === undefined || isListed(park)) continue;
    if ((await attempt(ports, execution, () => wakeIfDue(ports, { execution, node: name }))) === true) woken++;
  }
  return woken;
}

type SweptOne = 'restarted' | 'finished' | 'left';

async function sweepOne(ports: RunPorts, id: string, options: { readonly checkEngine: boolean }): Promise<SweptOne> {
  const execution = await ports.executions.find(id);
  if (execution === undefined || !openStatuses.includes(execution.status)) return 'left';
  const openFor = ports.clock.now() - (execution.retriedAt ?? execution.createdAt);
  if (openFor > deadline) return pastDeadline(ports, execution);
  // A machine that has ended is not started again under its name: its execution is finished for it.
  const running = options.checkEngine ? await ports.orchestrator.running(execution.machine) : undefined;
  if (running === false) return finishFor(ports, execution);
  return execution.status === 'queued' && openFor > startGrace ? restart(ports, execution) : 'left';
}

async function finishFor(ports: RunPorts, execution: Execution): Promise<SweptOne> {
  const finished = await finishExecution(ports, { machine: execution.machine });
  return finished === 'finished' ? 'finished' : 'left';
}

/** Starting is idempotent by name: a machine that runs already goes on. */
async function restart(ports: RunPorts, execution: Execution): Promise<SweptOne> {
  const { id, machine } = execution;
  await ports.orchestrator.start(machine, { v: taskVersion, execution: id, machine });
  return 'restarted';
}

async function pastDeadline(ports: RunPorts, execution: Execution): Promise<SweptOne> {
  await cancelExecution(ports, { id: execution.id, by: 'waybill', kind: 'deadlineExceeded' });
  await ports.orchestrator.stop(execution.machine, 'deadlineExceeded');
  const finished = await finishExecution(ports, { machine: execution.machine, error: 'deadlineExceeded' });
  return finished === 'finished' ? 'finished' : 'left';
}

/** One broken execution must not keep the sweep from the others. */
async function attempt<T>(ports: Pick<RunPorts, 'log'>, id: string, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    ports.log.error('sweeping an execution failed', { execution: id, ...faultRecord(error) });
    return undefined;
  }
}

async function* pages<T>(
  load: (cursor?: string) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await load(cursor);
    yield* page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}
