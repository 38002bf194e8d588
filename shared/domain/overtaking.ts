import type { Arrival, Head } from './environment.ts';
import type { Order } from './execution.ts';
import type { Concurrency } from './pipeline.ts';
import type { Presence } from './turns.ts';

interface Standing {
  readonly executionId: string;
  readonly order: Order;
  readonly stage: string;
  readonly concurrency: Concurrency;
}

/**
 * Who makes a run older at a stage's entry (rulings 1 and 2): a newer observed deployment in the environment, in every mode;
 * in `supersede` also a newer run at the same stage, be it that it waits there or that it went straight in and holds the
 * lock. Undefined = nobody.
 */
export function overtakenBy<P extends Presence>(
  self: Standing,
  heads: readonly Head[],
  present: readonly P[],
): Head | P | undefined {
  const newer = heads.find((head) => head.order > self.order && head.executionId !== self.executionId);
  if (newer !== undefined || self.concurrency !== 'supersede') return newer;
  return present.find(
    (other) => other.order > self.order && other.executionId !== self.executionId && other.stage === self.stage,
  );
}

/** Who goes first where the lock is free: the oldest order among those whose gates have allowed them. */
export function goesBefore(
  self: { readonly executionId: string; readonly order: Order },
  arrivals: readonly Arrival[],
): Arrival | undefined {
  return arrivals.find(
    (arrival) => arrival.ready && arrival.order < self.order && arrival.executionId !== self.executionId,
  );
}
