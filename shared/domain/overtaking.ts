import type { Arrival, Head } from './environment.ts';
import type { Order } from './execution.ts';
import type { Concurrency } from './pipeline.ts';

interface Standing {
  readonly executionId: string;
  readonly order: Order;
  readonly stage: string;
  readonly concurrency: Concurrency;
}

/**
 * Who makes a run older at a stage's entry (rulings 1 and 2): a newer observed deployment in the environment, in every mode;
 * in `supersede` also a newer run that stands before the same stage. Undefined = nobody.
 */
export function overtakenBy(self: Standing, heads: readonly Head[], arrivals: readonly Arrival[]): string | undefined {
  const newer = heads.find((head) => head.order > self.order && head.executionId !== self.executionId);
  if (newer !== undefined) return newer.executionId;
  if (self.concurrency !== 'supersede') return undefined;
  return arrivals.find(
    (arrival) => arrival.order > self.order && arrival.executionId !== self.executionId && arrival.stage === self.stage,
  )?.executionId;
}

/** Who goes first where the lock is free: the oldest order among those whose gates have allowed them. */
export function goesBefore(
  self: { readonly executionId: string; readonly order: Order },
  arrivals: readonly Arrival[],
): string | undefined {
  return arrivals.find(
    (arrival) => arrival.ready && arrival.order < self.order && arrival.executionId !== self.executionId,
  )?.executionId;
}
