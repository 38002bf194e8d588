import type { DeliveredEvent, Delivery } from '../../domain/delivery.ts';
import { Failure } from '../../domain/failure.ts';
import { claimedTags, isBodyDoubted } from '../../domain/vouched-tags.ts';
import type { Ports } from '../../ports/ports.ts';

/**
 * Where nothing vouches for a delivery's bytes, each tag in it must resolve to the digest beside it now (contract 5): an old body
 * sent again, or one that somebody made up, starts nothing. Failure `digestMismatch` otherwise.
 */
export async function checkClaimedTags(
  ports: Pick<Ports, 'registry'>,
  delivery: Pick<Delivery, 'signed' | 'unsignedBody'>,
  event: DeliveredEvent,
): Promise<void> {
  if (!isBodyDoubted(delivery)) return;
  for (const { repository, tag, digest } of claimedTags(event)) {
    const present = (await ports.registry.resolveTag(repository, tag)).digest;
    if (present === digest) continue;
    const message = `The body of the delivery is not signed, and ${repository}:${tag} is ${present} now, not ${digest}.`;
    throw new Failure('digestMismatch', message);
  }
}
