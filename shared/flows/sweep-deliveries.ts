import type { Ports } from '../ports/ports.ts';
import { offerDelivery } from './intake/accept-delivery.ts';

/** A delivery that came later than this is still on its own way through the queue. */
const graceMs = 5_000;
/** Offered at most in one sweep; the next one goes on. */
const mostOffered = 500;

export interface SweptDeliveries {
  readonly offered: number;
  /** How long the oldest delivery that was accepted and is not processed has been waiting; absent where there is none. */
  readonly oldestPendingMs?: number;
}

/** Offers again what got lost between the table and the queue, and what is due for another try. Ids only; nothing is decided. */
export async function sweepDeliveries(
  ports: Pick<Ports, 'deliveries' | 'queue' | 'log'>,
  now: number,
): Promise<SweptDeliveries> {
  const pending = await ports.deliveries.pending(now - graceMs, mostOffered);
  const due = await ports.deliveries.dueMatches(now, mostOffered);
  const ids = new Set([...pending, ...due]);
  for (const id of ids) await offerDelivery(ports, id);
  return { offered: ids.size, ...(await oldestOf(ports, pending[0], now)) };
}

async function oldestOf(ports: Pick<Ports, 'deliveries'>, id: string | undefined, now: number) {
  const delivery = id === undefined ? undefined : await ports.deliveries.find(id);
  return delivery?.status === 'pending' ? { oldestPendingMs: now - delivery.receivedAt } : {};
}
