import { eventTime } from '../../domain/claim.ts';
import { Failure } from '../../domain/failure.ts';
import type { AnySubscription, TagOrder } from '../../domain/pipeline.ts';
import { isLatest } from '../../domain/source-match.ts';
import type { SourceLatest } from '../../ports/artifact-store.ts';
import type { EventContext, IntakePorts } from './event-context.ts';
import type { OfferOutcome, Wish } from './offer.ts';

/**
 * For orders other than `pushed`: makes the version the source's latest if it is, and says why not otherwise. The head itself,
 * seen again, still is the latest, so a replay after a crash finds the door open that it opened before.
 */
export async function becomesLatest(
  ports: Pick<IntakePorts, 'artifacts'>,
  { delivery, event }: EventContext,
  { subscription, wish }: { readonly subscription: AnySubscription; readonly wish: Wish },
): Promise<Extract<OfferOutcome, { kind: 'refused' }> | undefined> {
  const { rule, pipeline, source } = subscription;
  const version = versionOf(wish);
  if ((rule.type !== 'registry' && rule.type !== 'artifact') || rule.order === 'pushed' || version === undefined)
    return undefined;
  const candidate = { ...version, pushedAt: eventTime(event, delivery.receivedAt) };
  for (let tries = 0; tries < 8; tries++) {
    const head = await ports.artifacts.sourceLatest(pipeline, source);
    if (isSame(head, candidate)) return undefined;
    const refusal = latestRefusal(rule, candidate, head);
    if (refusal !== undefined) return { kind: 'refused', reason: 'notLatest', message: refusal };
    const saved = await ports.artifacts.saveSourceLatest({ pipeline, source, ...candidate, rev: head?.rev ?? 0 });
    if (saved !== undefined) return undefined;
  }
  throw new Failure(
    'conflict',
    `The latest version of source ${source} of ${pipeline} is being changed too often at once.`,
  );
}

/** Why a version is not the best by the order; undefined = it is. */
export function latestRefusal(
  { type, order }: { readonly type: 'registry' | 'artifact'; readonly order: TagOrder },
  candidate: { readonly tag: string; readonly pushedAt: number },
  head: SourceLatest | undefined,
): string | undefined {
  if (isLatest(order, candidate, head && { tag: head.tag, pushedAt: head.pushedAt ?? 0 })) return undefined;
  const named = `${type === 'artifact' ? 'Version' : 'Tag'} "${candidate.tag}"`;
  return head === undefined
    ? `${named} has no place in the order ${order}.`
    : `${named} is not the latest by ${order}: "${head.tag}" is.`;
}

/** Files have no digest of their own: their version is all there is. */
function versionOf(wish: Wish): Pick<SourceLatest, 'tag' | 'digest'> | undefined {
  switch (wish.kind) {
    case 'push':
    case 'scan':
      return { tag: wish.tag, digest: wish.received.digest };
    case 'artifact':
      return { tag: wish.received.artifact.version ?? '' };
    default:
      return undefined;
  }
}

function isSame(head: SourceLatest | undefined, candidate: Pick<SourceLatest, 'tag' | 'digest'>): boolean {
  return head !== undefined && head.tag === candidate.tag && head.digest === candidate.digest;
}
