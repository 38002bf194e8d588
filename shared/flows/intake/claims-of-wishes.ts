import { artifactDigest } from '../../domain/artifact-identity.ts';
import type { ClaimParts } from '../../domain/claim.ts';
import type { EventContext } from './event-context.ts';
import { isTriggerWish } from './offer.ts';
import type { Wanting } from './wishes.ts';

/**
 * What makes the run of an event the one it is. A source's claim goes before a trigger's, so that one event is one run however
 * many rules of a pipeline want it, and the same push told again is not another. What follows the first are names under which
 * this event may have claimed already.
 */
export function claimsOf(
  context: EventContext,
  wanting: readonly Wanting[],
): readonly [ClaimParts, ...(readonly ClaimParts[])] {
  const pipeline = wanting[0]?.subscription.pipeline ?? '';
  const delivery: ClaimParts = { kind: 'delivery', pipeline, deliveryId: context.delivery.id };
  const source = wanting.find(({ wish }) => !isTriggerWish(wish));
  if (source === undefined) return [delivery, ...wanting.flatMap((one) => pushClaim(context, one) ?? [])];
  const own = sourceClaim(context, source) ?? delivery;
  return wanting.some(({ wish }) => isTriggerWish(wish)) ? [own, delivery] : [own];
}

function sourceClaim({ event }: EventContext, { subscription, wish }: Wanting): ClaimParts | undefined {
  const { pipeline } = subscription;
  switch (wish.kind) {
    case 'build':
      return { kind: 'build', pipeline, upstream: wish.received.build.pipeline, build: wish.received.build.build };
    case 'artifact':
      return { kind: 'artifact', pipeline, uuid: wish.received.artifact.uuid };
    case 'push':
    case 'scan': {
      const repository = 'repository' in event ? event.repository : '';
      return { kind: wish.kind, pipeline, repository, tag: wish.tag, digest: wish.received.digest };
    }
    default:
      return undefined;
  }
}

/** What a source of the pipeline would have claimed for what a docker trigger takes. */
function pushClaim({ event }: EventContext, { subscription, wish }: Wanting): ClaimParts | undefined {
  if (wish.kind !== 'docker' || event.kind !== 'push') return undefined;
  const [artifact] = wish.artifacts;
  const digest = artifact && artifactDigest(artifact);
  if (digest === undefined) return undefined;
  const { pipeline } = subscription;
  return { kind: 'push', pipeline, repository: event.repository, tag: wish.tag ?? '', digest };
}
