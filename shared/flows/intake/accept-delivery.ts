import type { Delivery } from '../../domain/delivery.ts';
import type { Ports } from '../../ports/ports.ts';

export type AcceptPorts = Pick<Ports, 'deliveries' | 'queue' | 'log'>;

/**
 * Makes a delivery durable with one write, then offers it. What comes again while it waits is offered again; an offer that is
 * lost costs time only, since the sweep offers whatever is pending. Answers what is stored.
 */
export async function acceptDelivery(ports: AcceptPorts, delivery: Delivery): Promise<Delivery> {
  const accepted = await ports.deliveries.accept(delivery);
  const stored = accepted.kind === 'accepted' ? delivery : accepted.delivery;
  if (stored.status === 'pending') await offerDelivery(ports, stored.id);
  return stored;
}

export async function offerDelivery(ports: Pick<Ports, 'queue' | 'log'>, deliveryId: string): Promise<void> {
  try {
    await ports.queue.send(deliveryId);
  } catch (error) {
    ports.log.warn('The queue did not take a delivery; the sweep will offer it again.', { deliveryId, error });
  }
}

/** Where no rule can be asked, there is nothing to wait for. */
export function firstStatus({ events, refusals }: Pick<Delivery, 'events' | 'refusals'>): Delivery['status'] {
  return events.length > refusals.length ? 'pending' : 'processed';
}
