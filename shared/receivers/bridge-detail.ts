import type { z } from 'zod';
import type { BridgeEvent } from '../domain/bridge-event.ts';
import type { Parsed } from './receiver-type.ts';

export type ReadDetail<T> =
  | { readonly kind: 'ok'; readonly detail: T }
  | Extract<Parsed, { readonly kind: 'malformed' }>;

/** What an event says beyond its envelope. The message names the first faults by path and never repeats what was sent. */
export function readDetail<T>(event: BridgeEvent, shape: z.ZodType<T>): ReadDetail<T> {
  const checked = shape.safeParse(event.detail);
  if (checked.success) return { kind: 'ok', detail: checked.data };
  const faults = checked.error.issues.slice(0, 5);
  return malformedEvent(
    event,
    faults.map(({ path, message }) => `${['detail', ...path].join('.')}: ${message}`).join('; '),
  );
}

export function malformedEvent(event: BridgeEvent, why: string): Extract<Parsed, { readonly kind: 'malformed' }> {
  return { kind: 'malformed', message: `${event['detail-type']} ${event.id} does not fit: ${why}.` };
}

/** Authentic, and nothing to us. */
export function ofNoInterest(event: BridgeEvent): Parsed {
  return { kind: 'events', events: [], key: event.id };
}
