import type { Arrival, EnvironmentLock } from './environment.ts';
import { type Execution, isOpen, type LedgerNode } from './execution.ts';
import { isEnded } from './ledger.ts';

/** What the ledger says of a run that stands before an environment or holds its lock; undefined = it is not there. */
export interface SeenRun {
  readonly execution: Pick<Execution, 'status' | 'attempt'> | undefined;
  readonly nodes: ReadonlyMap<string, Pick<LedgerNode, 'status'>>;
}

/**
 * Whether a stage has left its place: it ended, or its execution did or began another attempt. Nothing else has to be written
 * when it leaves, so nothing can be left behind that holds others up.
 */
export function hasLeft(place: { readonly attempt: number; readonly stage: string }, seen: SeenRun): boolean {
  const { execution, nodes } = seen;
  if (execution === undefined || !isOpen(execution) || execution.attempt > place.attempt) return true;
  return isEnded(nodes.get(place.stage));
}

/** A run's stage at an environment: it waits there, or holds the lock. */
export type Presence = Pick<Arrival, 'order' | 'executionId' | 'stage' | 'attempt'>;

/** Who holds a lock: those of its stages that have not left; none = the lock is free. */
export function holders(lock: EnvironmentLock | undefined, seen: SeenRun): readonly Presence[] {
  if (lock === undefined) return [];
  const { holder: executionId, order, attempt } = lock;
  return lock.stages
    .filter((stage) => !hasLeft({ attempt, stage }, seen))
    .map((stage) => ({ executionId, order, attempt, stage }));
}
