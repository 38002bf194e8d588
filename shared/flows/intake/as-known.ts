import type { Artifact } from '../../domain/artifact.ts';
import { artifactDigest, artifactRepository, imageArtifact } from '../../domain/artifact-identity.ts';
import { mayKnow } from '../asking.ts';
import { unsettled } from './settle-event.ts';
import { type VerifyPorts, verifyImage } from './verify-image.ts';

/**
 * Digests that came with an event are everybody's who hears it. Those that we looked up for it, perhaps with another team's
 * account, are not: whom the account is withheld from gets the image as it came, with its tag.
 */
export async function asAskerKnows(ports: VerifyPorts, artifacts: readonly Artifact[]): Promise<readonly Artifact[]> {
  const known: Artifact[] = [];
  for (const artifact of artifacts) {
    const asSent = unsettled(artifact, ports.sha1);
    known.push(asSent === undefined || (await isKnown(ports, artifact)) ? artifact : asSent);
  }
  return known;
}

async function isKnown(ports: VerifyPorts, artifact: Artifact): Promise<boolean> {
  const repository = artifactRepository(artifact);
  const digest = artifactDigest(artifact);
  if (repository === undefined || digest === undefined) return true;
  const recorded = await ports.artifacts.find(imageArtifact({ repository, digest }, ports.sha1).uuid);
  return recorded === undefined || mayKnow(ports, recorded, ports.asker);
}

/** For who cannot do without the digests: gets each by himself. Throws what the registry answers him. */
export async function verifyLookedUp(ports: VerifyPorts, artifacts: readonly Artifact[]): Promise<void> {
  for (const artifact of artifacts) {
    const repository = artifactRepository(artifact);
    const digest = artifactDigest(artifact);
    if (unsettled(artifact, ports.sha1) === undefined || repository === undefined || digest === undefined) continue;
    await verifyImage(ports, { repository, digest });
  }
}
