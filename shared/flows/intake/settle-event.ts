import { type Artifact, imageType } from '../../domain/artifact.ts';
import { artifactDigest, artifactRepository, artifactUuid } from '../../domain/artifact-identity.ts';
import type { BuildArtifact, DeliveredEvent, Delivery } from '../../domain/delivery.ts';
import { Failure } from '../../domain/failure.ts';
import { imageTags } from '../../domain/image-push.ts';
import type { TagHead } from '../../ports/artifact-store.ts';
import type { Asking } from '../asking.ts';
import type { IntakePorts } from './event-context.ts';
import { taggedImage } from './record-image.ts';
import { registryRefusal } from './registry-refusal.ts';
import { resolveImage, type VerifiedImage, type VerifyPorts } from './verify-image.ts';

/**
 * Asks the registry for the digests that an event lacks and writes them into the stored delivery, with the time, so that every
 * later look at the event means the same image. Whoever asked first is right.
 */
export async function settleEvent(ports: IntakePorts & Asking, delivery: Delivery, index: number): Promise<Delivery> {
  const event = delivery.events[index];
  if (event === undefined || isSettled(event)) return delivery;
  const settled = await askDigests(ports, event);
  let present: Delivery | undefined = delivery;
  for (let tries = 0; tries < 8 && present !== undefined; tries++) {
    const stored: DeliveredEvent | undefined = present.events[index];
    if (stored !== undefined && isSettled(stored)) return present;
    const saved: Delivery | undefined = await ports.deliveries.save(withEvent(present, index, settled));
    if (saved !== undefined) return saved;
    present = await ports.deliveries.find(delivery.id);
  }
  throw new Failure('conflict', `Delivery ${delivery.id} is being changed too often at once.`);
}

/** Whether everything that can have a digest has one. */
export function isSettled(event: DeliveredEvent): boolean {
  if (event.kind === 'build') return !event.artifacts.some(({ artifact }) => lacksDigest(artifact));
  if (event.kind === 'webhook') return !event.artifacts.some(lacksDigest);
  return (event.kind !== 'push' && event.kind !== 'scan') || event.digest !== undefined || event.tag === undefined;
}

/** An image that came with a tag alone. */
export function lacksDigest(artifact: Artifact): boolean {
  return (
    artifact.type === imageType &&
    artifactDigest(artifact) === undefined &&
    artifactRepository(artifact) !== undefined &&
    imageTags(artifact).length > 0
  );
}

async function askDigests(ports: IntakePorts & Asking, event: DeliveredEvent): Promise<DeliveredEvent> {
  if (event.kind === 'build') {
    const artifacts: BuildArtifact[] = [];
    for (const published of event.artifacts) {
      artifacts.push({ ...published, artifact: await settledImage(ports, published.artifact) });
    }
    return { ...event, artifacts };
  }
  if (event.kind === 'webhook') {
    const artifacts: Artifact[] = [];
    for (const artifact of event.artifacts) artifacts.push(await settledOrAsked(ports, artifact));
    return { ...event, artifacts };
  }
  if ((event.kind !== 'push' && event.kind !== 'scan') || event.tag === undefined) return event;
  const { repository, tag } = event;
  const image = await resolveImage(ports, repository, tag);
  const resolved = { ...event, digest: image.digest, resolvedAt: ports.clock.now() };
  const head = event.at === undefined ? undefined : await ports.artifacts.tag(repository, tag);
  return hasMoved(event.at, { image, head }) ? { ...resolved, movedSince: true } : resolved;
}

/** Builders' clocks are not ours, nor the sender's. */
const clockSkewMs = 5 * 60_000;

/** Whether the tag was pushed again between the event's own time and now, as far as a recorded push or the image itself says. */
function hasMoved(
  at: number | undefined,
  now: { readonly image: VerifiedImage; readonly head: TagHead | undefined },
): boolean {
  if (at === undefined) return false;
  return (now.head?.pushedAt ?? 0) > at || (now.image.manifest.created ?? 0) > at + clockSkewMs;
}

/** Where not every image is needed: one that is not there stays as it came, and no run can be bound to it. */
export async function settledOrAsked(ports: VerifyPorts, artifact: Artifact): Promise<Artifact> {
  try {
    return await settledImage(ports, artifact);
  } catch (error) {
    if (registryRefusal(error) === undefined) throw error;
    return artifact;
  }
}

async function settledImage(ports: VerifyPorts, artifact: Artifact): Promise<Artifact> {
  const repository = artifactRepository(artifact);
  const [tag] = imageTags(artifact);
  if (!lacksDigest(artifact) || repository === undefined || tag === undefined) return artifact;
  const image = await resolveImage(ports, repository, tag);
  const settled = taggedImage(ports, image, tag);
  return { ...settled, metadata: { ...artifact.metadata, ...settled.metadata, resolvedAt: ports.clock.now() } };
}

/** The image as it came, where its digest was asked for here; undefined where it was not. */
export function unsettled(artifact: Artifact, sha1: IntakePorts['sha1']): Artifact | undefined {
  const [tag] = imageTags(artifact);
  const { resolvedAt, ...metadata } = artifact.metadata;
  if (typeof resolvedAt !== 'number' || tag === undefined || artifact.type !== imageType) return undefined;
  const { version: _, ...rest } = artifact;
  const uuid = artifactUuid(imageType, artifact.name, undefined, sha1);
  return { ...rest, reference: `${artifact.name}:${tag}`, metadata, uuid };
}

function withEvent(delivery: Delivery, index: number, event: DeliveredEvent): Delivery {
  return { ...delivery, events: delivery.events.map((one, at) => (at === index ? event : one)) };
}
