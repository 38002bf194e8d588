import { repositoryMatches } from '../../domain/repository-pattern.ts';
import type { TagHead } from '../../ports/artifact-store.ts';
import { offerDelivery } from '../intake/accept-delivery.ts';
import { ownDelivery } from '../store-own-delivery.ts';
import type { ReconcilePorts } from './reconcile.ts';

/** A tag with a digest that was not recorded; `head` = what was, if anything. */
type Gap = Pick<TagHead, 'repository' | 'tag' | 'digest'> & { readonly head: TagHead | undefined };

/**
 * A push that nobody told us of becomes a delivery like any other, once: it is named after what was recorded before it, so that
 * two sweeps, or one that died and came again, make the same. Receivers that may speak of the repository count it.
 */
export async function recordGap(ports: ReconcilePorts, { repository, tag, digest, head }: Gap): Promise<void> {
  const key = JSON.stringify([repository, tag, digest, head?.digest, head?.eventAt]);
  const event = { kind: 'push', repository, tag, digest, resolvedAt: ports.clock.now() } as const;
  const delivery = ownDelivery(ports, { receiver: 'reconciled', key, events: [event] });
  const accepted = await ports.deliveries.accept(delivery);
  const stored = accepted.kind === 'accepted' ? delivery : accepted.delivery;
  if (stored.status === 'pending') await offerDelivery(ports, stored.id);
  if (accepted.kind === 'known') return;
  ports.log.warn('a push was found that no event told of', { deliveryId: delivery.id, repository, tag, digest });
  for (const { name, repositories } of await ports.receivers.list()) {
    const speaksOfIt = repositories.some((pattern) => repositoryMatches(pattern, repository));
    if (speaksOfIt) await ports.receivers.countGap(name, delivery.receivedAt);
  }
}
