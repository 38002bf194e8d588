import type { ScanEvent } from '../../domain/delivery.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Subscription } from '../../domain/pipeline.ts';
import { matchSource, matchUnresolved, type SourceMatch } from '../../domain/source-match.ts';
import { bestFirst } from '../../domain/versioning/schemes.ts';
import { recordScan } from '../record-scan.ts';
import { type EventContext, factSource, type IntakePorts } from './event-context.ts';
import { askRegistryAlone, askRegistryFor, imageOffer, type Offer, refusedOffer } from './offer.ts';
import { tagsOf } from './pick-image.ts';
import { readBackScan } from './read-back-scan.ts';
import { settleEvent } from './settle-event.ts';
import { type VerifiedImage, verifyImage } from './verify-image.ts';

type Tagged = { readonly tag: string; readonly pushedAt: number };

/** Records a scan and asks every source about it, under the best tag of the image that the source admits (ruling 16). */
export async function offerScan(ports: IntakePorts, context: EventContext<ScanEvent>): Promise<readonly Offer[]> {
  const { subscriptions, index } = context;
  // Facts hang on digests, so a scan of a tag alone asks for it even when no source wants it.
  const listening = subscriptions.map(({ pipeline }) => pipeline);
  const settled = await askRegistryFor(ports, listening, async (asking) => {
    const event = (await settleEvent(asking, context.delivery, index)).events[index];
    return event?.kind === 'scan' && hasDigest(event) ? readBackScan(asking, context, event) : event;
  });
  // Without a rule there is no row to try again by: the delivery as a whole is.
  if (settled.kind === 'outage' && subscriptions.length === 0) throw settled.error;
  if (settled.kind !== 'answered') return subscriptions.map((subscription) => ({ subscription, outcome: settled }));
  const scan = settled.value;
  if (scan?.kind !== 'scan' || !hasDigest(scan))
    return subscriptions.map((one) => refusedOffer(one, decide(one, context.event)));
  const recorded = await recordScan(ports, scan, factSource(context));
  const tags = scan.tag === undefined ? await tagsOf(ports, recorded) : [{ tag: scan.tag, pushedAt: 0 }];
  const considered = subscriptions.map((subscription) => ({ subscription, ...consider(subscription, scan, tags) }));
  if (!considered.some(({ match }) => match.matched))
    return considered.map((one) => refusedOffer(one.subscription, one.match));
  const askers = considered.flatMap(({ match, subscription }) => (match.matched ? [subscription.pipeline] : []));
  const image = await askRegistryFor(ports, askers, (asking) => verifyImage(asking, { ...scan, recorded }));
  const offers: Offer[] = [];
  for (const one of considered) {
    const { subscription, match, tag } = one;
    if (!match.matched) offers.push(refusedOffer(subscription, match));
    else if (image.kind !== 'answered') offers.push({ subscription, outcome: image });
    else offers.push(await offerAlone(ports, subscription, { scan, image: image.value, tag }));
  }
  return offers;
}

async function offerAlone(ports: IntakePorts, subscription: Subscription, scanned: Scanned): Promise<Offer> {
  const image = await askRegistryAlone(ports, subscription, scanned.image);
  if (image.kind !== 'answered') return { subscription, outcome: image };
  return offer(ports, subscription, { ...scanned, image: image.value });
}

function hasDigest(scan: ScanEvent): scan is ScanEvent & { readonly digest: Digest } {
  return scan.digest !== undefined;
}

/** The best tag that the source admits, else why it does not admit the first. */
function consider(
  { rule }: Subscription,
  scan: ScanEvent,
  tags: readonly Tagged[],
): { readonly match: SourceMatch; readonly tag?: string } {
  const of = (tag: string | undefined) => matchUnresolved(rule, { kind: 'scan', status: scan.status, tag });
  const admitted = tags.filter(({ tag }) => of(tag).matched);
  const [best] = bestFirst(rule.type === 'registry' ? rule.order : 'pushed', admitted);
  const tag = best?.tag ?? admitted[0]?.tag ?? tags[0]?.tag;
  return { match: of(tag), tag };
}

function decide({ rule }: Subscription, { status, tag }: ScanEvent): SourceMatch {
  return matchUnresolved(rule, { kind: 'scan', status, tag });
}

interface Scanned {
  readonly scan: ScanEvent;
  readonly image: VerifiedImage;
  readonly tag: string | undefined;
}

function offer(ports: IntakePorts, subscription: Subscription, { scan, image, tag }: Scanned): Offer {
  const decided = matchSource(subscription.rule, { kind: 'scan', status: scan.status, tag, branch: image.branch });
  if (!decided.matched) return refusedOffer(subscription, decided);
  return imageOffer(ports, subscription, { kind: 'scan', image, tag: tag ?? '' });
}
