import type { Digest } from '../../domain/digest.ts';
import { compareTag, type Suspect, type WatchedRepository } from '../../domain/watched-repository.ts';
import type { ListedTag } from '../../ports/registry-listing.ts';
import type { Looking } from './check-repository.ts';
import type { ReconcilePorts } from './reconcile.ts';

/** More tags than this are not watched: what is remembered of them has to be read and written as one. */
const mostTags = 20_000;
const mostPages = 400;
/** Where a listing has no digests, each tag is a call: those that are new first, of the others as many as are left of this. */
const mostHints = 200;
const mostSuspects = 500;

/** Lists the tags and notes which have another digest than was recorded. */
export async function lookAtTags(ports: ReconcilePorts, looking: Looking): Promise<WatchedRepository> {
  const { watched } = looking;
  const listed = await listTags(ports, looking);
  const recorded = new Map((await ports.artifacts.tags(watched.repository)).map(({ tag, digest }) => [tag, digest]));
  const { digests, after } = await digestsOf(ports, looking, listed);
  const seen = seenBefore(watched, listed);
  const suspects: Suspect[] = [...watched.suspects];
  for (const [tag, digest] of digests) {
    const comparison = compareTag(watched, { tag, digest, recorded: recorded.get(tag) });
    if (comparison.kind !== 'changed') seen[tag] = digest;
    else if (suspects.length < mostSuspects && !suspects.some((one) => one.tag === tag)) {
      suspects.push({ tag, digest, since: ports.clock.now() });
    }
  }
  const { after: _, ...rest } = watched;
  return { ...rest, seen, suspects, listedAt: ports.clock.now(), ...(after === undefined ? {} : { after }) };
}

/** Of the tags that are there. A new one is seen only once it is known: until then every look asks for it. */
function seenBefore({ seen, listedAt }: WatchedRepository, listed: readonly ListedTag[]): Record<string, string> {
  const isFirst = listedAt === undefined;
  const kept = listed.flatMap(({ tag }) => {
    const before = Object.hasOwn(seen, tag) ? seen[tag] : isFirst ? '' : undefined;
    return before === undefined ? [] : [[tag, before] as const];
  });
  return Object.fromEntries(kept);
}

async function listTags(ports: ReconcilePorts, { watched, asker, admits }: Looking): Promise<readonly ListedTag[]> {
  const tags = new Map<string, ListedTag>();
  let cursor: string | undefined;
  for (let pages = 0; pages < mostPages; pages++) {
    const page = await ports.listing.tags(watched.repository, { cursor, asker });
    for (const one of page.items) if (admits(one.tag)) tags.set(one.tag, one);
    cursor = page.next;
    if (cursor === undefined || tags.size > mostTags) break;
  }
  if (cursor !== undefined || tags.size > mostTags) {
    ports.log.warn('a repository has more tags than are compared', { repository: watched.repository, mostTags });
  }
  return [...tags.values()].slice(0, mostTags);
}

interface Digests {
  readonly digests: ReadonlyMap<string, Digest>;
  /** Where the next look goes on; absent = from the first. */
  readonly after?: string;
}

/** The digest of each tag, as far as the listing or the budget of this look gives it. */
async function digestsOf(ports: ReconcilePorts, looking: Looking, listed: readonly ListedTag[]): Promise<Digests> {
  const { watched, asker } = looking;
  const digests = new Map<string, Digest>();
  for (const { tag, digest } of listed) if (digest !== undefined) digests.set(tag, digest);
  const { tags, after } = whichToAsk(
    watched,
    listed.flatMap(({ tag, digest }) => (digest === undefined ? [tag] : [])),
  );
  for (const tag of tags) {
    const hint = await ports.listing.hint(watched.repository, tag, asker);
    if (hint !== undefined) digests.set(tag, hint);
  }
  return { digests, after };
}

/** New tags first; the rest in turn, since a tag that was there may have moved. At first there is nothing to compare with. */
function whichToAsk(
  { seen, after = '', listedAt }: WatchedRepository,
  unknown: readonly string[],
): { readonly tags: readonly string[]; readonly after?: string } {
  const isNew = (tag: string) => listedAt !== undefined && !Object.hasOwn(seen, tag);
  const fresh = unknown.filter(isNew).slice(0, mostHints);
  const known = unknown.filter((tag) => !isNew(tag)).sort();
  const start = known.findIndex((tag) => tag > after);
  const inTurn = start === -1 ? known : [...known.slice(start), ...known.slice(0, start)];
  const chosen = inTurn.slice(0, mostHints - fresh.length);
  const last = chosen.at(-1);
  return {
    tags: [...fresh, ...chosen],
    ...(last === undefined || chosen.length === known.length ? {} : { after: last }),
  };
}
