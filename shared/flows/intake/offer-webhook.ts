import type { WebhookEvent } from '../../domain/delivery.ts';
import type { Subscription, TriggerRule } from '../../domain/pipeline.ts';
import { matchWebhook } from '../../domain/trigger-match.ts';
import type { EventContext } from './event-context.ts';
import { type Offer, refusedOffer } from './offer.ts';

/** Asks every trigger of the webhook's type and source. Each is decided for itself: none can lose the event for another. */
export function offerWebhook({ event, triggers }: EventContext<WebhookEvent>): readonly Offer[] {
  return triggers.map((subscription) => offer(event, subscription));
}

function offer(event: WebhookEvent, subscription: Subscription<TriggerRule>): Offer {
  const { rule } = subscription;
  const decided = matchWebhook(rule, event);
  if (!decided.matched) return refusedOffer(subscription, decided);
  const { artifacts } = event;
  const { expectedArtifactIds } = rule.trigger;
  return { subscription, outcome: { kind: 'matched', wish: { kind: 'webhook', artifacts, expectedArtifactIds } } };
}
