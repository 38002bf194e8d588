import { eventTime } from '../../domain/claim.ts';
import type { DeliveredEvent, Delivery } from '../../domain/delivery.ts';
import type { Ports } from '../../ports/ports.ts';
import type { BindPorts } from '../bind-pipeline.ts';
import type { Listening } from '../find-subscriptions.ts';
import type { FactSource } from './add-fact.ts';

export type IntakePorts = Pick<
  Ports,
  | 'accounts'
  | 'artifacts'
  | 'clock'
  | 'deliveries'
  | 'environments'
  | 'executions'
  | 'log'
  | 'metrics'
  | 'orchestrator'
  | 'pipelines'
  | 'receivers'
  | 'registry'
  | 'reports'
  | 'scanResults'
  | 'sha1'
  | 'sha256'
> &
  BindPorts;

/** One event of a delivery, with the rules that it meets. */
export interface EventContext<E extends DeliveredEvent = DeliveredEvent> extends Listening {
  readonly delivery: Delivery;
  /** Index of the event in its delivery. */
  readonly index: number;
  readonly event: E;
}

/** Who says what the event says. */
export function factSource({ delivery, event }: Pick<EventContext, 'delivery' | 'event'>): FactSource {
  const { receiver, reporter = receiver, signed, postedBy, receivedAt } = delivery;
  return { receiver: reporter, trusted: signed, postedBy, at: eventTime(event, receivedAt) };
}
