import { Failure, faultRecord } from '../../domain/failure.ts';
import type { Subscription } from '../../domain/pipeline.ts';
import { admitTag } from '../../domain/tag-filter.ts';
import {
  eventGraceMs,
  type SeenTags,
  type WatchedRepository,
  waitAfterFailure,
} from '../../domain/watched-repository.ts';
import type { Asker } from '../../ports/registry-client.ts';
import { subscriptionsOf } from '../find-subscriptions.ts';
import { isRegistryOutage } from '../intake/registry-refusal.ts';
import { confirmSuspects } from './confirm-suspects.ts';
import { lookAtTags } from './look-at-tags.ts';
import type { ReconcileOptions, ReconcilePorts } from './reconcile.ts';

/** A repository under a look: for whom, and which of its tags matter to anybody. */
export interface Looking {
  readonly watched: WatchedRepository;
  readonly seen: SeenTags;
  readonly asker: Asker;
  admits(tag: string): boolean;
}

/** What a look changed. */
export type Looked = Pick<Looking, 'watched' | 'seen'>;

/** Confirms what was suspect, lists the tags when it is time, and writes down when to come again. */
export async function checkRepository(
  ports: ReconcilePorts,
  watched: WatchedRepository,
  options: ReconcileOptions,
): Promise<{ readonly gaps: number; readonly silent: boolean }> {
  const subscriptions = await subscriptionsOf(ports, watched.repository);
  if (subscriptions.length === 0) {
    await ports.watches.remove(watched.repository);
    return { gaps: 0, silent: false };
  }
  const looking = await lookingFor(ports, watched, subscriptions);
  let looked: Looked & { readonly gaps: number } = { ...looking, gaps: 0 };
  try {
    looked = await confirmSuspects(ports, looking);
    if (isDue(watched, ports.clock.now(), options)) {
      looked = { ...looked, ...(await lookAtTags(ports, { ...looking, ...looked })) };
    }
    await keepSeen(ports, looking, looked);
    await rest(ports, looked.watched, options);
    return { gaps: looked.gaps, silent: false };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    await keepSeen(ports, looking, looked);
    await restAfterFailure(ports, looked.watched, { error, ...options });
    return { gaps: looked.gaps, silent: isRegistryOutage(error) };
  }
}

async function lookingFor(
  ports: ReconcilePorts,
  watched: WatchedRepository,
  subscriptions: readonly Subscription[],
): Promise<Looking> {
  const rules = subscriptions.flatMap(({ rule }) => (rule.type === 'registry' ? [rule] : []));
  return {
    watched,
    seen: await ports.watches.seen(watched.repository),
    asker: { pipelines: [...new Set(subscriptions.map(({ pipeline }) => pipeline))] },
    admits: (tag) => rules.some((rule) => admitTag(rule.tags, tag).admitted),
  };
}

async function keepSeen(ports: ReconcilePorts, before: Looking, { watched, seen }: Looked): Promise<void> {
  const isSame = seen.size === before.seen.size && [...seen].every(([tag, mark]) => before.seen.get(tag) === mark);
  if (!isSame) await ports.watches.saveSeen(watched.repository, seen);
}

function isDue({ listedAt }: WatchedRepository, now: number, { everyMs }: ReconcileOptions): boolean {
  return listedAt === undefined || listedAt + everyMs <= now;
}

/** Suspects are looked at again as soon as their events have had their time. */
async function rest(ports: ReconcilePorts, watched: WatchedRepository, { everyMs }: ReconcileOptions): Promise<void> {
  const now = ports.clock.now();
  const again = watched.suspects.map(({ since }) => since + eventGraceMs);
  const nextAt = Math.min((watched.listedAt ?? now) + everyMs, ...again);
  const { error: _, ...known } = watched;
  await ports.watches.save({ ...known, nextAt: Math.max(nextAt, now), failures: 0 });
}

/** What the registry would not say now is asked later, each time later; what it refuses is asked at the usual time. */
async function restAfterFailure(
  ports: ReconcilePorts,
  watched: WatchedRepository,
  { error, everyMs }: ReconcileOptions & { readonly error: Failure },
): Promise<void> {
  const { repository } = watched;
  const failures = watched.failures + 1;
  const { retryAfterMs } = error.details;
  const askedMs = typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
  const wait = error.retryable ? waitAfterFailure(watched.failures, { everyMs, askedMs }) : everyMs;
  const fault = faultRecord(error);
  await ports.watches.save({ ...watched, nextAt: ports.clock.now() + wait, failures, error: fault });
  ports.log.warn('a registry could not be compared with what is recorded', { repository, failures, ...fault });
}
