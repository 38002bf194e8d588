import type { WebhookEvent } from '../../domain/delivery.ts';
import type { SourceMatch } from '../../domain/source-match.ts';
import { matchExpected, matchWebhook } from '../../domain/trigger-match.ts';
import type { EventContext, IntakePorts } from './event-context.ts';
import { askRegistryFor, type Offer, refusedOffer } from './offer.ts';
import { settleEvent } from './settle-event.ts';

/**
 * Asks every trigger of the webhook's type and source. Each is decided for itself: none can lose the event for another. Images
 * that came with a tag alone are asked for once, for all triggers whose constraints hold.
 */
export async function offerWebhook(
  ports: IntakePorts,
  { event, triggers, delivery, index }: EventContext<WebhookEvent>,
): Promise<readonly Offer[]> {
  const considered = triggers.map((subscription) => ({
    subscription,
    match: matchWebhook(subscription.rule, event.payload),
  }));
  const askers = considered.flatMap(({ match, subscription }) => (match.matched ? [subscription.pipeline] : []));
  const refused = (of: (typeof considered)[number]) => refusedOffer(of.subscription, of.match);
  if (askers.length === 0) return considered.map(refused);
  const settled = await askRegistryFor(
    ports,
    askers,
    async (asking) => (await settleEvent(asking, delivery, index)).events[index],
  );
  const brought = settled.kind === 'answered' && settled.value?.kind === 'webhook' ? settled.value : event;
  return considered.map((one): Offer => {
    const { subscription, match } = one;
    if (!match.matched) return refused(one);
    if (settled.kind !== 'answered') return { subscription, outcome: settled };
    return offer(subscription, brought);
  });
}

function offer(subscription: EventContext['triggers'][number], { artifacts }: WebhookEvent): Offer {
  const { rule } = subscription;
  const decided: SourceMatch = matchExpected(rule, artifacts);
  if (!decided.matched) return refusedOffer(subscription, decided);
  const { expectedArtifactIds } = rule.trigger;
  return { subscription, outcome: { kind: 'matched', wish: { kind: 'webhook', artifacts, expectedArtifactIds } } };
}
