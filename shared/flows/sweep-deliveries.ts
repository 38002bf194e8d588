import type { Ports } from '../ports/ports.ts';
import { offerDelivery } from './intake/accept-delivery.ts';

/** A delivery that came later than this is still on its own way through the queue. */
const graceMs = 5_000;
/** Offered at most in one sweep; the next one goes on. */
const mostOffered = 500;

/** Offers again what got lost between the table and the queue, and what is due for another try. Ids only; nothing is decided. */
export async function sweepDeliveries(
  ports: Pick<Ports, 'deliveries' | 'queue' | 'log'>,
  now: number,
): Promise<{ readonly offered: number }> {
  const pending = await ports.deliveries.pending(now - graceMs, mostOffered);
  const due = await ports.deliveries.dueMatches(now, mostOffered);
  const ids = new Set([...pending, ...due]);
  for (const id of ids) await offerDelivery(ports, id);
  return { offered: ids.size };
}
