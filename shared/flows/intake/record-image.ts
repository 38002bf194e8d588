import type { Artifact, RecordedArtifact } from '../../domain/artifact.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Fact } from '../../domain/fact.ts';
import type { Ports } from '../../ports/ports.ts';

export interface ImageToRecord {
  readonly repository: string;
  readonly digest: Digest;
  /** What a sender said of it beyond its name. */
  readonly artifact?: Artifact;
  /** Epoch ms. */
  readonly at: number;
  /** What tells of it, to be kept with it if it is new: whoever says so looks whether it was. */
  readonly firstFact?: Fact;
}

/**
 * Puts the image if it is not known. Its tags are facts, so they are no part of it. It mostly is known, and a put that is
 * refused costs more than a look.
 */
export async function recordImage(
  ports: Pick<Ports, 'artifacts' | 'sha1'>,
  image: ImageToRecord,
): Promise<RecordedArtifact> {
  const known = await ports.artifacts.find(imageArtifact(image, ports.sha1).uuid);
  return known ?? (await ports.artifacts.record(newImage(ports, image))).recorded;
}

/** The record of an image of which no more is known. */
export function newImage(ports: Pick<Ports, 'sha1'>, image: ImageToRecord): RecordedArtifact {
  const { repository, digest, at, firstFact } = image;
  const { tags: _, ...metadata } = image.artifact?.metadata ?? {};
  const provenance = image.artifact?.provenance;
  const artifact = imageArtifact({ repository, digest, provenance, metadata }, ports.sha1);
  const known = firstFact === undefined ? {} : { firstFact };
  return { artifact, repository, digest, firstSeenAt: at, ...known, rev: 0 };
}

/** The image as a run receives it: with the tag that it came under. */
export function taggedImage(
  ports: Pick<Ports, 'sha1'>,
  recorded: RecordedArtifact & { readonly repository: string; readonly digest: Digest },
  tag: string | undefined,
): Artifact {
  const { repository, digest, artifact, manifest } = recorded;
  const provenance = artifact.provenance ?? manifest?.source;
  return imageArtifact({ repository, digest, tag, provenance, metadata: artifact.metadata }, ports.sha1);
}
