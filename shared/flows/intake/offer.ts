import type { Artifact } from '../../domain/artifact.ts';
import type { MatchReason } from '../../domain/delivery.ts';
import type { Failure } from '../../domain/failure.ts';
import type { AnySubscription } from '../../domain/pipeline.ts';
import type { SourceMatch } from '../../domain/source-match.ts';
import type { Ports } from '../../ports/ports.ts';
import { type Asking, askingFor } from '../asking.ts';
import type { Received } from '../bind-sources.ts';
import { taggedImage } from './record-image.ts';
import { isRegistryOutage, registryRefusal } from './registry-refusal.ts';
import { type VerifiedImage, type VerifyPorts, verifyImage } from './verify-image.ts';

/** What a source wants a run for; `tag` is the best of the image's that it admits. */
export type SourceWish =
  | {
      readonly kind: 'push' | 'scan';
      readonly tag: string;
      readonly received: Extract<Received, { kind: 'image' }>;
    }
  | { readonly kind: 'build'; readonly received: Extract<Received, { kind: 'build' }> }
  | { readonly kind: 'artifact'; readonly received: Extract<Received, { kind: 'file' }> };

/** What a trigger that fired wants a run with. Its artifacts are matched as they came, and pinned when they are bound. */
export interface TriggerWish {
  readonly kind: 'webhook' | 'docker';
  readonly artifacts: readonly Artifact[];
  readonly expectedArtifactIds: readonly string[];
  readonly tag?: string;
}

export type Wish = SourceWish | TriggerWish;

export function isTriggerWish(wish: Wish): wish is TriggerWish {
  return wish.kind === 'webhook' || wish.kind === 'docker';
}

export type OfferOutcome =
  | { readonly kind: 'refused'; readonly reason: MatchReason; readonly message: string }
  /** The registry cannot be asked now: to be tried again. */
  | { readonly kind: 'outage'; readonly error: Failure }
  | { readonly kind: 'matched'; readonly wish: Wish };

/** What one rule of one pipeline makes of an event. */
export interface Offer {
  readonly subscription: AnySubscription;
  readonly outcome: OfferOutcome;
}

export function refusedOffer(subscription: AnySubscription, match: Omit<SourceMatch, 'matched'>): Offer {
  return { subscription, outcome: { kind: 'refused', reason: match.reason, message: match.message } };
}

/** A matched source names a tag always: it takes tagged versions only. */
export function imageOffer(
  ports: Pick<Ports, 'sha1'>,
  subscription: AnySubscription,
  taken: { readonly kind: 'push' | 'scan'; readonly image: VerifiedImage; readonly tag: string },
): Offer {
  const { kind, image, tag } = taken;
  const { digest, revision } = image;
  const received = { kind: 'image', artifact: taggedImage(ports, image, tag), digest, tag, revision } as const;
  return { subscription, outcome: { kind: 'matched', wish: { kind, tag, received } } };
}

/** How many pipelines are asked for one by one: their accounts may differ. */
const mostAskedAlone = 20;

/**
 * The same for several pipelines, with an account that one of them may use: what comes of it is not yet any one's. Where that is
 * denied, for one after the other.
 */
export async function askRegistryFor<P extends Pick<Ports, 'registry'>, T>(
  ports: P,
  pipelines: readonly string[],
  ask: (asking: P & Asking) => Promise<T>,
): ReturnType<typeof askRegistry<T>> {
  const distinct = [...new Set(pipelines)];
  let answer = await askRegistry(() => ask(askingFor(ports, distinct)));
  for (const pipeline of distinct.length > 1 ? distinct.slice(0, mostAskedAlone) : []) {
    if (answer.kind !== 'refused' || answer.reason !== 'registryDenied') break;
    answer = await askRegistry(() => ask(askingFor(ports, [pipeline])));
  }
  return answer;
}

/** An image that was verified for several, as one of the pipelines may have it: with what it may use itself. */
export function askRegistryAlone(
  ports: VerifyPorts,
  { pipeline }: AnySubscription,
  image: VerifiedImage,
): ReturnType<typeof askRegistry<VerifiedImage>> {
  const { repository, digest } = image;
  return askRegistry(() => verifyImage(askingFor(ports, [pipeline]), { repository, digest, recorded: image }));
}

/** Runs what asks a registry; what the registry answers becomes the sources' outcome, any other fault is thrown. */
export async function askRegistry<T>(
  ask: () => Promise<T>,
): Promise<{ readonly kind: 'answered'; readonly value: T } | Exclude<OfferOutcome, { kind: 'matched' }>> {
  try {
    return { kind: 'answered', value: await ask() };
  } catch (error) {
    if (isRegistryOutage(error)) return { kind: 'outage', error };
    const refusal = registryRefusal(error);
    if (refusal === undefined) throw error;
    return { kind: 'refused', reason: refusal.reason, message: refusal.message };
  }
}
