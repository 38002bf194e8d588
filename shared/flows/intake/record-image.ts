import type { Artifact, RecordedArtifact } from '../../domain/artifact.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Ports } from '../../ports/ports.ts';

export interface ImageToRecord {
  readonly repository: string;
  readonly digest: Digest;
  /** What a sender said of it beyond its name. */
  readonly artifact?: Artifact;
  /** Epoch ms. */
  readonly at: number;
}

/** Puts the image if it is not known. Its tags are facts, so they are no part of it. */
export async function recordImage(
  ports: Pick<Ports, 'artifacts' | 'sha1'>,
  image: ImageToRecord,
): Promise<RecordedArtifact> {
  const { repository, digest, at } = image;
  const { tags: _, ...metadata } = image.artifact?.metadata ?? {};
  const provenance = image.artifact?.provenance;
  const artifact = imageArtifact({ repository, digest, provenance, metadata }, ports.sha1);
  return (await ports.artifacts.record({ artifact, repository, digest, firstSeenAt: at, rev: 0 })).recorded;
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
