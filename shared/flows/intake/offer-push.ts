import type { RecordedArtifact } from '../../domain/artifact.ts';
import type { PushEvent } from '../../domain/delivery.ts';
import type { AnySubscription, Source, Subscription, TriggerRule } from '../../domain/pipeline.ts';
import { matchSource, matchUnresolved, type SourceMatch } from '../../domain/source-match.ts';
import { matchDockerTag, matchExpected } from '../../domain/trigger-match.ts';
import type { Asking } from '../asking.ts';
import { pushedFact, recordPush, type SettledPush } from '../record-push.ts';
import { checkClaimedTags } from './check-claimed-tags.ts';
import { type EventContext, factSource, type IntakePorts } from './event-context.ts';
import { askRegistryAlone, askRegistryFor, imageOffer, type Offer, type OfferOutcome, refusedOffer } from './offer.ts';
import { taggedImage } from './record-image.ts';
import { settleEvent } from './settle-event.ts';
import { type VerifiedImage, verifyImage } from './verify-image.ts';

/** What the event alone says: `scan` = the source listens to scans, and one may have come before this push. */
interface Considered {
  readonly subscription: AnySubscription;
  readonly match: SourceMatch;
  readonly as?: 'push' | 'scan' | 'docker';
}

/**
 * Records a push and asks every source and docker trigger about it. The registry is asked only where one may want the image: for the digest
 * of a tag, and for the manifest's bytes.
 */
export async function offerPush(ports: IntakePorts, context: EventContext<PushEvent>): Promise<readonly Offer[]> {
  const { event, index } = context;
  const considered = [
    ...context.subscriptions.map((subscription) => consider(subscription, event.tag)),
    ...context.triggers.map((subscription) => considerTrigger(subscription, event)),
  ];
  const wanted = considered.some(({ as }) => as !== undefined);
  const askers = considered.flatMap(({ as, subscription }) => (as === undefined ? [] : [subscription.pipeline]));
  const settled = await askRegistryFor(ports, askers, async (asking) => {
    const delivery = wanted ? await settleEvent(asking, context.delivery, index) : context.delivery;
    return delivery.events[index];
  });
  if (settled.kind !== 'answered') return considered.map((one) => concluded(one, settled));
  const push = settled.value;
  if (push?.kind !== 'push' || !isSettledPush(push))
    return considered.map((one) => refusedOffer(one.subscription, one.match));
  // First, so that a new image is recorded with its manifest in one write; whatever the registry answers, the push was seen.
  const image = wanted
    ? await askRegistryFor(ports, askers, (asking) => checkedImage(asking, context, push))
    : undefined;
  const checked = image?.kind === 'answered' ? image.value : undefined;
  const recorded = await recordPush(ports, push, { ...factSource(context), recorded: checked });
  if (image === undefined) return considered.map((one) => refusedOffer(one.subscription, one.match));
  if (image.kind !== 'answered') return considered.map((one) => concluded(one, image));
  const scanned = considered.some(({ as }) => as === 'scan') && (await isScanned(ports, recorded));
  const offers: Offer[] = [];
  for (const one of considered) offers.push(await offerAlone(ports, one, { push, image: image.value, scanned }));
  return offers;
}

function consider(subscription: Subscription, tag: string | undefined): Considered {
  const { rule } = subscription;
  const match = matchUnresolved(rule, { kind: 'push', tag });
  if (match.matched) return { subscription, match, as: 'push' };
  const late = listensToScansOnly(rule) && matchUnresolved(rule, { kind: 'scan', status: 'complete', tag }).matched;
  return late ? { subscription, match, as: 'scan' } : { subscription, match };
}

function considerTrigger(subscription: Subscription<TriggerRule>, { tag }: PushEvent): Considered {
  const match = matchDockerTag(subscription.rule, tag);
  return match.matched ? { subscription, match, as: 'docker' } : { subscription, match };
}

/** A scanner may be faster than the push's own event, and scans a digest once for all its tags. */
function listensToScansOnly(rule: Source): boolean {
  return rule.type === 'registry' && rule.on.includes('scan') && !rule.on.includes('push');
}

function concluded({ subscription, match, as }: Considered, outcome: OfferOutcome): Offer {
  return as === undefined ? refusedOffer(subscription, match) : { subscription, outcome };
}

function isSettledPush(push: PushEvent): push is SettledPush {
  return push.digest !== undefined;
}

async function checkedImage(
  ports: IntakePorts & Asking,
  context: EventContext,
  push: SettledPush,
): Promise<VerifiedImage> {
  await checkClaimedTags(ports, context.delivery, push);
  const { repository, digest, artifact } = push;
  const source = factSource(context);
  const firstFact = pushedFact(ports, push, source);
  return verifyImage(ports, { repository, digest, artifact, at: source.at, firstFact });
}

async function isScanned(ports: IntakePorts, recorded: RecordedArtifact): Promise<boolean> {
  const facts = await ports.artifacts.facts(recorded.artifact.uuid);
  const scan = facts.find((fact) => fact.kind === 'scanned' && !fact.finding);
  return scan?.kind === 'scanned' && scan.status === 'complete';
}

interface Pushed {
  readonly push: SettledPush;
  readonly image: VerifiedImage;
  readonly scanned: boolean;
}

async function offerAlone(ports: IntakePorts, considered: Considered, pushed: Pushed): Promise<Offer> {
  const { subscription, as } = considered;
  const image = as === undefined ? undefined : await askRegistryAlone(ports, subscription, pushed.image);
  if (image === undefined) return offer(ports, considered, pushed);
  return image.kind === 'answered'
    ? offer(ports, considered, { ...pushed, image: image.value })
    : { subscription, outcome: image };
}

function offer(ports: IntakePorts, considered: Considered, { push, image, scanned }: Pushed): Offer {
  const { subscription, match, as } = considered;
  if (as === undefined || (as === 'scan' && !scanned)) return refusedOffer(subscription, match);
  if (subscription.rule.type === 'trigger')
    return dockerOffer(ports, { subscription, rule: subscription.rule }, { push, image, scanned });
  const about = { tag: push.tag, branch: image.branch };
  const event =
    as === 'push' ? ({ kind: 'push', ...about } as const) : ({ kind: 'scan', status: 'complete', ...about } as const);
  const decided = matchSource(subscription.rule, event);
  if (!decided.matched) return refusedOffer(subscription, decided);
  return imageOffer(ports, subscription, { kind: as === 'scan' ? 'scan' : 'push', image, tag: push.tag ?? '' });
}

/** The image is pinned, and says its tag: an expectation written for either is met by it. */
function dockerOffer(
  ports: Pick<IntakePorts, 'sha1'>,
  { subscription, rule }: { readonly subscription: AnySubscription; readonly rule: TriggerRule },
  { push, image }: Pushed,
): Offer {
  const { tag } = push;
  const artifacts = [taggedImage(ports, image, tag)];
  const decided = matchExpected(rule, artifacts);
  if (!decided.matched) return refusedOffer(subscription, decided);
  const { expectedArtifactIds } = rule.trigger;
  return { subscription, outcome: { kind: 'matched', wish: { kind: 'docker', artifacts, expectedArtifactIds, tag } } };
}
