import type { Artifact } from '../../domain/artifact.ts';
import type { WebhookEvent } from '../../domain/delivery.ts';
import type { SourceMatch } from '../../domain/source-match.ts';
import { matchExpected, matchWebhook } from '../../domain/trigger-match.ts';
import { mayKnow } from '../asking.ts';
import { checkClaimedTags } from './check-claimed-tags.ts';
import type { EventContext, IntakePorts } from './event-context.ts';
import { askRegistryFor, type Offer, refusedOffer } from './offer.ts';
import { settleEvent, unsettled } from './settle-event.ts';

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
  const settled = await askRegistryFor(ports, askers, async (asking) => {
    await checkClaimedTags(asking, delivery, event);
    return (await settleEvent(asking, delivery, index)).events[index];
  });
  const brought = settled.kind === 'answered' && settled.value?.kind === 'webhook' ? settled.value : event;
  const offers: Offer[] = [];
  for (const one of considered) {
    const { subscription, match } = one;
    if (!match.matched) offers.push(refused(one));
    else if (settled.kind !== 'answered') offers.push({ subscription, outcome: settled });
    else offers.push(offer(subscription, await knownTo(ports, subscription.pipeline, brought.artifacts)));
  }
  return offers;
}

/** A digest that was asked for with another team's account is none that came with the event. */
async function knownTo(
  ports: IntakePorts,
  pipeline: string,
  artifacts: readonly Artifact[],
): Promise<readonly Artifact[]> {
  const known: Artifact[] = [];
  for (const artifact of artifacts) {
    const asSent = unsettled(artifact, ports.sha1);
    const recorded = asSent && (await ports.artifacts.find(artifact.uuid));
    const isHidden = recorded !== undefined && !(await mayKnow(ports, recorded, { pipelines: [pipeline] }));
    known.push(isHidden && asSent !== undefined ? asSent : artifact);
  }
  return known;
}

function offer(subscription: EventContext['triggers'][number], artifacts: readonly Artifact[]): Offer {
  const { rule } = subscription;
  const decided: SourceMatch = matchExpected(rule, artifacts);
  if (!decided.matched) return refusedOffer(subscription, decided);
  const { expectedArtifactIds } = rule.trigger;
  return { subscription, outcome: { kind: 'matched', wish: { kind: 'webhook', artifacts, expectedArtifactIds } } };
}
