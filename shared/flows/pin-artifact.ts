import { type Artifact, imageType } from '../domain/artifact.ts';
import { artifactDigest, artifactRepository } from '../domain/artifact-identity.ts';
import { imageTags } from '../domain/image-push.ts';
import { taggedImage } from './intake/record-image.ts';
import { resolveImage, type VerifyPorts, verifyImage } from './intake/verify-image.ts';

export interface PinnedArtifact {
  readonly artifact: Artifact;
  readonly tag?: string;
}

/**
 * An image with its full digest, its manifest's bytes hashed: one that came with a tag alone is looked up here, once. What the
 * giver says of it goes along; what the registry says of it stands. An image without digest and tag (an alias, an abbreviated
 * digest) and everything else stay as they are. Throws the registry's failure.
 */
export async function pinArtifact(ports: VerifyPorts, artifact: Artifact): Promise<PinnedArtifact> {
  const repository = artifactRepository(artifact);
  const digest = artifactDigest(artifact);
  const [tag] = imageTags(artifact);
  if (artifact.type !== imageType || repository === undefined) return { artifact };
  if (digest === undefined && tag === undefined) return { artifact };
  const image =
    digest === undefined
      ? await resolveImage(ports, repository, tag ?? '')
      : await verifyImage(ports, { repository, digest });
  const { artifactAccount, provenance, location } = artifact;
  const tagged = taggedImage(ports, image, tag);
  return {
    tag,
    artifact: {
      ...tagged,
      ...(artifactAccount === undefined ? {} : { artifactAccount }),
      ...(provenance === undefined ? {} : { provenance }),
      ...(location === undefined ? {} : { location }),
      metadata: { ...artifact.metadata, ...tagged.metadata },
    },
  };
}
