import type { DeliveredEvent, Delivery } from '../domain/delivery.ts';
import { deliveryId } from '../domain/delivery-key.ts';
import type { Poster } from '../domain/fact.ts';
import type { reservedReceivers } from '../domain/receiver.ts';
import type { Ports } from '../ports/ports.ts';
import { acceptDelivery, firstStatus } from './intake/accept-delivery.ts';

type OwnPorts = Pick<Ports, 'clock' | 'deliveries' | 'log' | 'queue' | 'sha256'>;

export interface OwnDelivery {
  /** Pushes to the embedded registry, events of AWS, what is posted by route, finished executions of ours. */
  readonly receiver: (typeof reservedReceivers)[number];
  /** The same for the same happening: told again, it is the same delivery. */
  readonly key: string;
  readonly events: readonly DeliveredEvent[];
  /** Events that no rule is to be asked for. */
  readonly refusals?: Delivery['refusals'];
  /** Subject of the token behind it (ruling 9). */
  readonly actor?: string;
  readonly postedBy?: Poster;
  /** Epoch ms; default now. */
  readonly receivedAt?: number;
}

/** Stores what happened in our own house as a delivery like any other: durable when it answers. */
export async function storeOwnDelivery(ports: OwnPorts, own: OwnDelivery): Promise<{ readonly deliveryId: string }> {
  const stored = await acceptDelivery(ports, ownDelivery(ports, own));
  return { deliveryId: stored.id };
}

/** As it is stored at first. */
export function ownDelivery(ports: Pick<Ports, 'clock' | 'sha256'>, own: OwnDelivery): Delivery {
  const { receiver, key, events, refusals = [], actor, postedBy } = own;
  return {
    id: deliveryId(receiver, key, ports.sha256),
    receiver,
    receivedAt: own.receivedAt ?? ports.clock.now(),
    signed: true,
    status: firstStatus({ events, refusals }),
    events,
    refusals,
    attempts: 0,
    actor,
    postedBy,
    rev: 0,
  };
}
