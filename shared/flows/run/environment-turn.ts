import type { Arrival, EnvironmentLock, Head } from '../../domain/environment.ts';
import { Failure } from '../../domain/failure.ts';
import { goesBefore, overtakenBy } from '../../domain/overtaking.ts';
import type { PlanStage } from '../../domain/plan.ts';
import { hasLeft, holders, type Presence, type SeenRun } from '../../domain/turns.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Run } from './load-run.ts';

type TurnPorts = Pick<Ports, 'environments' | 'executions'>;
type LockedStage = PlanStage & { readonly environment: string };

/** `parallel` takes no lock: its deployments take turns per head. */
export function takesLock(run: Run, stage: PlanStage): stage is LockedStage {
  return stage.environment !== undefined && run.plan.concurrency !== 'parallel';
}

/** Who holds the lock of an environment: no one when it is free. The one place where that is decided. */
export async function findHolders(
  ports: TurnPorts,
  environment: string,
  pipeline: string,
): Promise<readonly Presence[]> {
  return holdersOf(ports, await ports.environments.lock(environment, pipeline));
}

/** The lock first, the ledger after it: what the ledger says then was so while the lock said that, or came later. */
async function holdersOf(ports: TurnPorts, lock: EnvironmentLock | undefined): Promise<readonly Presence[]> {
  return lock === undefined ? [] : holders(lock, await seeRun(ports, lock.holder, lock.stages));
}

async function seeRun(ports: Pick<Ports, 'executions'>, id: string, stages: readonly string[]): Promise<SeenRun> {
  const [execution, nodes] = await Promise.all([ports.executions.find(id), ports.executions.nodes(id, stages)]);
  return { execution, nodes };
}

/** A stage's turn at its environment, as things stand now. */
export interface Turn {
  /** The run that makes this one older there. */
  readonly overtaker?: string;
  /** Who holds the lock, or would take it first. */
  readonly before?: string;
  /** The lock is this stage's already: an earlier call of the same task took it. */
  readonly holds: boolean;
}

export async function findTurn(ports: TurnPorts, run: Run, stage: PlanStage): Promise<Turn> {
  if (!takesLock(run, stage)) return { overtaker: await findOvertaker(ports, run, stage), holds: false };
  const { pipeline, id, order } = run.execution;
  const [heads, held, arrivals] = await Promise.all([
    ports.environments.heads(stage.environment, pipeline),
    findHolders(ports, stage.environment, pipeline),
    ports.environments.arrivals(stage.environment, pipeline),
  ]);
  const overtaker = await decideOvertaker(ports, run, stage, { heads, held, arrivals });
  const holder = held.find((one) => !isOwn(run, one));
  if (held.length > 0) {
    return {
      overtaker,
      before: holder?.executionId,
      holds: held.some((one) => isOwn(run, one) && one.stage === stage.id),
    };
  }
  const next = await firstThere(ports, arrivals, (there) => goesBefore({ executionId: id, order }, there));
  return { overtaker, before: next?.executionId, holds: false };
}

function isOwn(run: Run, presence: Presence): boolean {
  return presence.executionId === run.execution.id && presence.attempt === run.execution.attempt;
}

/** The run that makes this one older, for who holds the lock or needs none: others there can only have arrived. */
export async function findOvertaker(ports: TurnPorts, run: Run, stage: PlanStage): Promise<string | undefined> {
  const { environment } = stage;
  if (environment === undefined) return undefined;
  const { pipeline } = run.execution;
  const [heads, arrivals] = await Promise.all([
    ports.environments.heads(environment, pipeline),
    run.plan.concurrency === 'supersede' ? ports.environments.arrivals(environment, pipeline) : [],
  ]);
  return decideOvertaker(ports, run, stage, { heads, held: [], arrivals });
}

interface There {
  readonly heads: readonly Head[];
  readonly held: readonly Presence[];
  readonly arrivals: readonly Arrival[];
}

async function decideOvertaker(
  ports: Pick<Ports, 'executions'>,
  run: Run,
  stage: PlanStage,
  { heads, held, arrivals }: There,
): Promise<string | undefined> {
  const { id, order } = run.execution;
  const self = { executionId: id, order, stage: stage.id, concurrency: run.plan.concurrency };
  const decide = (there: readonly Arrival[]) => overtakenBy(self, heads, [...there, ...held]);
  return (await firstThere(ports, arrivals, decide))?.executionId;
}

/**
 * Decides by those who are still there: a call that outlived its task may leave an arrival behind, of a stage that will never
 * leave. Only the one that would decide is looked up.
 */
export async function firstThere<T extends { readonly executionId: string }>(
  ports: Pick<Ports, 'executions'>,
  arrivals: readonly Arrival[],
  decide: (arrivals: readonly Arrival[]) => T | Arrival | undefined,
): Promise<T | Arrival | undefined> {
  const found = decide(arrivals);
  const arrival = arrivals.find((one) => one === found);
  if (arrival === undefined || !(await isGone(ports, arrival))) return found;
  return firstThere(
    ports,
    arrivals.filter((one) => one !== arrival),
    decide,
  );
}

async function isGone(ports: Pick<Ports, 'executions'>, arrival: Arrival): Promise<boolean> {
  return hasLeft(arrival, await seeRun(ports, arrival.executionId, [arrival.stage]));
}

/** Only stages of one execution ever contend for long: more rounds than a pipeline may have stages. */
const rounds = 64;

export type Taken = { readonly kind: 'taken' } | { readonly kind: 'held'; readonly by: string };

/** Takes the lock for a stage where it is free, or joins the other stages of its execution that hold it. */
export async function takeLock(ports: TurnPorts & Pick<Ports, 'clock'>, run: Run, stage: LockedStage): Promise<Taken> {
  const { environment } = stage;
  const { pipeline, id: holder, order, attempt } = run.execution;
  for (let round = 0; round < rounds; round++) {
    const seen = await ports.environments.lock(environment, pipeline);
    const held = await holdersOf(ports, seen);
    const other = held.find((one) => !isOwn(run, one));
    if (other !== undefined) return { kind: 'held', by: other.executionId };
    const own = held.map((one) => one.stage);
    if (own.includes(stage.id)) return { kind: 'taken' };
    const stages = [...own, stage.id].sort();
    const next = { environment, pipeline, holder, order, attempt, stages, since: ports.clock.now() };
    if (await ports.environments.swapLock(seen, next)) return { kind: 'taken' };
  }
  throw contended(run, environment);
}

/**
 * Gives back the lock of a stage that has not ended but has to wait again: it took the lock, its call died, and by now a gate
 * no longer allows it. No gate is waited for with the lock in hand.
 */
export async function giveUpLock(ports: Pick<Ports, 'environments'>, run: Run, stage: LockedStage): Promise<void> {
  const { pipeline, id, attempt } = run.execution;
  for (let round = 0; round < rounds; round++) {
    const seen = await ports.environments.lock(stage.environment, pipeline);
    const isMine = seen?.holder === id && seen.attempt === attempt && seen.stages.includes(stage.id);
    if (seen === undefined || !isMine) return;
    const stages = seen.stages.filter((held) => held !== stage.id);
    if (await ports.environments.swapLock(seen, { ...seen, stages })) return;
  }
  throw contended(run, stage.environment);
}

function contended(run: Run, environment: string): Failure {
  const { pipeline } = run.execution;
  return new Failure('conflict', `The lock of ${pipeline} in ${environment} changed too often; it is tried again.`);
}
