import type { Digest } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import { compareTag, digestMark, type Suspect, tagKey } from '../../domain/watched-repository.ts';
import type { ListedTag } from '../../ports/registry-listing.ts';
import type { Looked, Looking } from './check-repository.ts';
import type { ReconcilePorts } from './reconcile.ts';

/** A repository with more is not compared: what is remembered of its tags has to be read and written as one. */
const mostTags = 20_000;
const mostPages = 400;
/** Where a listing has no digests, each tag is a call: those that are new first, of the others as many as are left of this. */
const mostHints = 200;
const mostSuspects = 500;

/** Lists the tags and notes which have another digest than was recorded. */
export async function lookAtTags(ports: ReconcilePorts, looking: Looking): Promise<Looked> {
  const { watched } = looking;
  const listed = await listTags(ports, looking);
  const now = ports.clock.now();
  if (listed === undefined) return { watched: { ...watched, listedAt: now }, seen: looking.seen };
  const recorded = new Map((await ports.artifacts.tags(watched.repository)).map(({ tag, digest }) => [tag, digest]));
  const { digests, after } = await digestsOf(ports, looking, listed);
  const seen = seenBefore(ports, looking, listed);
  const suspects: Suspect[] = [...watched.suspects];
  for (const [tag, digest] of digests) {
    const key = tagKey(tag, ports.sha256);
    const isFirstLook = watched.listedAt === undefined;
    const found = { digest, before: looking.seen.get(key), recorded: recorded.get(tag), isFirstLook };
    if (compareTag(found).kind !== 'changed') seen.set(key, digestMark(digest));
    else if (suspects.length < mostSuspects && !suspects.some((one) => one.tag === tag)) {
      suspects.push({ tag, digest, since: now });
    }
  }
  const { after: _, ...rest } = watched;
  return { watched: { ...rest, suspects, listedAt: now, ...(after === undefined ? {} : { after }) }, seen };
}

/**
 * Of the tags that are there. A new one that a source admits is seen only once it is known: until then every look asks for it.
 * One that none admits is seen at once, so that it is not new when a source is widened.
 */
function seenBefore(
  ports: Pick<ReconcilePorts, 'sha256'>,
  { watched, seen, admits }: Looking,
  listed: readonly ListedTag[],
): Map<string, string> {
  const kept = new Map<string, string>();
  for (const { tag } of listed) {
    const key = tagKey(tag, ports.sha256);
    const before = seen.get(key);
    if (before !== undefined) kept.set(key, before);
    else if (watched.listedAt === undefined || !admits(tag)) kept.set(key, '');
  }
  return kept;
}

/** Undefined = more than are compared: what lies beyond the bound at one look and not at the next would seem new. */
async function listTags(ports: ReconcilePorts, { watched, asker }: Looking): Promise<readonly ListedTag[] | undefined> {
  const tags = new Map<string, ListedTag>();
  let cursor: string | undefined;
  for (let pages = 0; pages < mostPages && tags.size <= mostTags; pages++) {
    const page = await ports.listing.tags(watched.repository, { cursor, asker });
    for (const one of page.items) tags.set(one.tag, one);
    cursor = page.next;
    if (cursor === undefined && tags.size <= mostTags) return [...tags.values()];
  }
  ports.log.warn('a repository has more tags than are compared', { repository: watched.repository, mostTags });
  return undefined;
}

interface Digests {
  readonly digests: ReadonlyMap<string, Digest>;
  /** Where the next look goes on; absent = from the first. */
  readonly after?: string;
}

/** The digest of each tag that a source admits, as far as the listing or the budget of this look gives it. */
async function digestsOf(ports: ReconcilePorts, looking: Looking, listed: readonly ListedTag[]): Promise<Digests> {
  const admitted = listed.filter(({ tag }) => looking.admits(tag));
  const digests = new Map<string, Digest>();
  for (const { tag, digest } of admitted) if (digest !== undefined) digests.set(tag, digest);
  const unknown = admitted.flatMap(({ tag, digest }) => (digest === undefined ? [tag] : []));
  const { seen, watched } = looking;
  const isNew = (tag: string) => watched.listedAt !== undefined && !seen.has(tagKey(tag, ports.sha256));
  const { tags, after } = whichToAsk(unknown, { isNew, after: watched.after });
  for (const tag of tags) {
    const digest = await askDigest(ports, looking, tag);
    if (digest !== undefined) digests.set(tag, digest);
  }
  return { digests, after };
}

/** By its headers, else by its bytes. Undefined = it went since it was listed. */
async function askDigest(ports: ReconcilePorts, { watched, asker }: Looking, tag: string): Promise<Digest | undefined> {
  const { repository } = watched;
  try {
    const hint = await ports.listing.hint(repository, tag, asker);
    return hint ?? (await ports.registry.resolveTag(repository, tag, asker)).digest;
  } catch (error) {
    if (error instanceof Failure && error.code === 'manifestUnknown') return undefined;
    throw error;
  }
}

/** New tags first; the rest in turn, since a tag that was there may have moved. At first there is nothing to compare with. */
function whichToAsk(
  unknown: readonly string[],
  { isNew, after = '' }: { readonly isNew: (tag: string) => boolean; readonly after: string | undefined },
): { readonly tags: readonly string[]; readonly after?: string } {
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
