import { type Artifact, imageType } from './artifact.ts';
import { artifactUuid } from './artifact-identity.ts';
import type { Digest } from './digest.ts';

/**
 * An image as Spinnaker's docker triggers make it: by its tag, for expectations to be matched against. Which bytes were meant
 * stands in `metadata.digest`, so that what is bound is pinned to what was pushed and no tag is resolved again.
 */
export function dockerArtifact(
  image: { readonly repository: string; readonly tag: string; readonly digest?: Digest },
  sha1: (bytes: Uint8Array) => Uint8Array,
): Artifact {
  const { repository, tag, digest } = image;
  return {
    type: imageType,
    name: repository,
    version: tag,
    reference: `${repository}:${tag}`,
    metadata: { tags: [tag], ...(digest === undefined ? {} : { digest }) },
    uuid: artifactUuid(imageType, repository, tag, sha1),
  };
}
