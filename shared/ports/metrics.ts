import type { ServiceMetric } from '../domain/service-metrics.ts';

/** What an operator watches. Names come from one table, so that nothing is counted that nobody knows of. */
export interface Metrics {
  /** `value`: 1 unless it is said, in the unit of the metric. It is written when the call that runs has ended. */
  add(metric: ServiceMetric, value?: number): void;
}

/** Ids of what a call is about. An absent value takes the key away. */
export type CallKeys = Readonly<Record<string, string | number | undefined>>;

/**
 * Calls of a function, one after the other: every line that is logged during one carries its keys. Only where a process has
 * one call at a time.
 */
export interface Calls {
  /** `context`: what the engine says of the call, of a shape that is not known yet. */
  began(context: unknown): void;
  /** Further keys of this call's lines. */
  about(keys: CallKeys): void;
  /** However it ended: what was counted is written, and its keys are forgotten. */
  ended(): void;
}
