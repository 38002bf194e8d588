import type { Artifact } from './artifact.ts';
import { artifactDigest, artifactRepository } from './artifact-identity.ts';
import type { DeliveredEvent, Delivery } from './delivery.ts';
import type { Digest } from './digest.ts';
import { imageTags } from './image-push.ts';

/** A tag of which a body says that it is this digest. */
export interface ClaimedTag {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
}

/** Whether nothing vouches for what a delivery's bytes say: its registry has to (contract 5). */
export function isBodyDoubted({ signed, unsignedBody }: Pick<Delivery, 'signed' | 'unsignedBody'>): boolean {
  return !signed || unsignedBody === true;
}

/** The tags with their digests that an event claims by itself. A digest that the registry was asked for is its own word. */
export function claimedTags(event: DeliveredEvent): readonly ClaimedTag[] {
  switch (event.kind) {
    case 'push': {
      const { repository, tag, digest, resolvedAt } = event;
      return tag === undefined || digest === undefined || resolvedAt !== undefined ? [] : [{ repository, tag, digest }];
    }
    case 'build':
      return event.artifacts.flatMap(({ artifact }) => claimedByArtifact(artifact));
    case 'webhook':
      return event.artifacts.flatMap(claimedByArtifact);
    default:
      return [];
  }
}

function claimedByArtifact(artifact: Artifact): readonly ClaimedTag[] {
  const [repository, digest] = [artifactRepository(artifact), artifactDigest(artifact)];
  if (repository === undefined || digest === undefined || artifact.metadata.resolvedAt !== undefined) return [];
  return imageTags(artifact).map((tag) => ({ repository, tag, digest }));
}
