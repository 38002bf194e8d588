import type { RecordedArtifact } from '../domain/artifact.ts';
import { imageArtifact } from '../domain/artifact-identity.ts';
import type { PushEvent } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';
import type { Fact } from '../domain/fact.ts';
import { Failure } from '../domain/failure.ts';
import type { TagHead } from '../ports/artifact-store.ts';
import type { Ports } from '../ports/ports.ts';
import { addFact, type FactSource, newFact } from './intake/add-fact.ts';
import { recordImage } from './intake/record-image.ts';

type PushPorts = Pick<Ports, 'artifacts' | 'sha1' | 'sha256' | 'clock'>;

/** A push whose digest is known. */
export type SettledPush = PushEvent & { readonly digest: Digest };

interface PushSource extends FactSource {
  /** The image's record, where it was made already. */
  readonly recorded?: RecordedArtifact;
}

/** That an image was pushed under a tag. */
export function pushedFact(
  ports: Pick<Ports, 'sha256' | 'clock'>,
  { tag, resolvedAt, movedSince, actor }: PushEvent,
  source: FactSource,
): Fact | undefined {
  return tag === undefined ? undefined : newFact(ports, source, { kind: 'pushed', tag, resolvedAt, movedSince, actor });
}

/** Records the image, that it was pushed under its tag, and what the tag points at since. A new image keeps the fact itself. */
export async function recordPush(ports: PushPorts, push: SettledPush, from: PushSource): Promise<RecordedArtifact> {
  const { repository, digest, artifact, tag } = push;
  const { recorded: made, ...source } = from;
  const fact = pushedFact(ports, push, source);
  const image = { repository, digest, artifact, at: source.at, firstFact: fact };
  const recorded = made ?? (await recordImage(ports, image));
  if (tag === undefined || fact === undefined) return recorded;
  // Neither needs the other, and a crash in between is completed by the replay.
  await Promise.all([
    recorded.firstFact?.id === fact.id ? undefined : ports.artifacts.addFact(recorded.artifact.uuid, fact),
    moveTag(ports, { repository, tag, digest }, source),
  ]);
  return recorded;
}

type TagPush = Pick<TagHead, 'repository' | 'tag' | 'digest'>;

/** The newest event by its own time decides what a tag points at, in whatever order they come. */
async function moveTag(ports: PushPorts, push: TagPush, source: FactSource): Promise<void> {
  for (let tries = 0; tries < 8; tries++) {
    const head = await ports.artifacts.tag(push.repository, push.tag);
    const wanted = nextHead(head, push, source.at);
    if (wanted === undefined) return keepHistory(ports, push, { head, at: source.at });
    if (head !== undefined && head.digest !== push.digest) await recordMove(ports, head, { push, source });
    if ((await ports.artifacts.saveTag(wanted, head)) !== undefined) return;
  }
  throw new Failure('conflict', `Tag ${push.repository}:${push.tag} is being moved too often at once.`);
}

/** Also for pushes that did not move the head: they were seen. A replay finds its own in what the head says. */
async function keepHistory(
  ports: PushPorts,
  push: TagPush,
  { head, at }: { readonly head: TagHead | undefined; readonly at: number },
): Promise<void> {
  if (head?.digest === push.digest && (at === head.pushedAt || at === head.eventAt)) return;
  await ports.artifacts.addTagHistory({ ...push, at });
}

/** Undefined = the head stays. Of two pushes at one instant the greater digest stands, so that replays agree. */
function nextHead(head: TagHead | undefined, push: TagPush, at: number): TagHead | undefined {
  if (head === undefined) return { ...push, pushedAt: at, eventAt: at, rev: 0 };
  if (head.digest === push.digest) return at > head.eventAt ? { ...head, eventAt: at } : undefined;
  const newer = at > head.eventAt || (at === head.eventAt && push.digest > head.digest);
  return newer ? { ...head, digest: push.digest, pushedAt: at, eventAt: at } : undefined;
}

/** Before the move, so that a crash in between leaves the fact to be found again rather than lost. */
async function recordMove(
  ports: PushPorts,
  head: TagHead,
  moved: { readonly push: TagPush; readonly source: FactSource },
): Promise<void> {
  const { uuid } = imageArtifact(head, ports.sha1);
  const { tag, digest } = moved.push;
  await addFact(ports, uuid, { source: moved.source, body: { kind: 'tagMoved', tag, to: digest } });
}
