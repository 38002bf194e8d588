import { type Artifact, imageType } from '../domain/artifact.ts';
import { artifactDigest, artifactRepository, imageArtifact, normaliseArtifact } from '../domain/artifact-identity.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import type { PushEvent } from '../domain/delivery.ts';
import type { Poster } from '../domain/fact.ts';
import { imageTags, pushEvents } from '../domain/image-push.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Ports } from '../ports/ports.ts';
import { askingFor } from './asking.ts';
import { type ArtifactView, artifactView } from './find-artifacts.ts';
import { registryRefusal } from './intake/registry-refusal.ts';
import { type VerifyPorts, verifyImage } from './intake/verify-image.ts';
import { storeOwnDelivery } from './store-own-delivery.ts';
import { createArtifactAccess, receiversOf } from './visible-repository.ts';

type RecordPorts = VerifyPorts & Pick<Ports, 'deliveries' | 'log' | 'pipelines' | 'queue' | 'randomness' | 'sha256'>;

export interface RecordArtifact {
  readonly caller: Caller;
  /** Decorated, or in one of Flow's shapes. */
  readonly input: JsonObject;
}

export type RecordArtifactAnswer =
  | ({ readonly kind: 'recorded' | 'known' } & ArtifactView)
  | { readonly kind: 'forbidden'; readonly message: string }
  /** `code` is invalidInput, digestRequired or a registry's. */
  | {
      readonly kind: 'invalid';
      readonly code: string;
      readonly errors: readonly { readonly path: string; readonly message: string }[];
    };

/**
 * Records an artifact. An image must be where it says: its tag is resolved once, its manifest's bytes are hashed; then its push
 * is a delivery like any other, which counts for the pipelines that the poster's groups own (ruling 10).
 * Throws the registry's failure when asking again may help.
 */
export async function recordArtifact(
  ports: RecordPorts,
  { caller, input }: RecordArtifact,
): Promise<RecordArtifactAnswer> {
  const normal = normaliseArtifact(input, ports.sha1);
  if (normal.kind === 'invalid') return { kind: 'invalid', code: 'invalidInput', errors: normal.errors };
  const { artifact } = normal;
  if (artifact.type === imageType) return recordPosted(ports, caller, artifact);
  return recordFile(ports, caller, artifact);
}

/**
 * A file's push is a delivery too. Who may not see what is known of it is answered what he sent, as if he were the first.
 */
async function recordFile(ports: RecordPorts, caller: Caller, artifact: Artifact): Promise<RecordArtifactAnswer> {
  const now = ports.clock.now();
  const sent = { artifact, firstSeenAt: now, rev: 0 };
  const { kind, recorded } = await ports.artifacts.record(sent);
  await storePushes(ports, caller, { events: pushEvents(artifact, { at: now }), now });
  if (await createArtifactAccess(ports, caller)(recorded))
    return { kind, ...(await artifactView(ports, caller, recorded)) };
  return { kind: 'recorded', artifact, recorded: sent, facts: [] };
}

async function recordPosted(ports: RecordPorts, caller: Caller, artifact: Artifact): Promise<RecordArtifactAnswer> {
  const repository = artifactRepository(artifact);
  if (repository === undefined) return invalid('invalidInput', 'must name host/repository');
  // The look at the registry is ours, with our accounts: nobody learns by it what no pipeline of his receives.
  const { visible, pipelines } = await receiversOf(ports, caller, repository);
  if (!visible) {
    return { kind: 'forbidden', message: `You read no pipeline that has ${repository} as a source.` };
  }
  if (artifactDigest(artifact) === undefined && imageTags(artifact).length === 0) {
    return invalid('digestRequired', 'must hold the full digest, sha256: and 64 lower-case hex digits, or a tag');
  }
  try {
    return await recordResolved(askingFor(ports, pipelines), caller, { artifact, repository });
  } catch (error) {
    const refusal = registryRefusal(error);
    if (refusal === undefined) throw error;
    return invalid(refusal.code, refusal.message);
  }
}

interface Posted {
  readonly artifact: Artifact;
  readonly repository: string;
}

async function recordResolved(ports: RecordPorts, caller: Caller, posted: Posted): Promise<RecordArtifactAnswer> {
  const now = ports.clock.now();
  const { artifact, repository } = posted;
  const given = artifactDigest(artifact);
  const [tag = ''] = imageTags(artifact);
  const digest = given ?? (await ports.registry.resolveTag(repository, tag)).digest;
  const known = await ports.artifacts.find(imageArtifact({ repository, digest }, ports.sha1).uuid);
  const image = await verifyImage(ports, { repository, digest, artifact, recorded: known });
  const events = pushEvents(artifact, { at: now, resolvedAt: given === undefined ? now : undefined });
  const pushes: readonly PushEvent[] = events.map((event) => ({ ...event, digest: image.digest }));
  await storePushes(ports, caller, { events: pushes, now });
  return { kind: known === undefined ? 'recorded' : 'known', ...(await artifactView(ports, caller, image)) };
}

async function storePushes(
  ports: RecordPorts,
  caller: Caller,
  { events, now }: { readonly events: readonly PushEvent[]; readonly now: number },
): Promise<void> {
  await storeOwnDelivery(ports, {
    receiver: 'api',
    key: ports.randomness.hex(16),
    events,
    actor: caller.subject,
    postedBy: posterOf(caller),
    receivedAt: now,
  });
}

export function posterOf(caller: Caller): Poster {
  return { subject: caller.subject, groups: caller.groups, admin: isAdmin(caller) };
}

function invalid(code: string, message: string): RecordArtifactAnswer {
  return { kind: 'invalid', code, errors: [{ path: 'reference', message }] };
}
