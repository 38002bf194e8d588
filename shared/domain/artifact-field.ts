import { type Artifact, imageType } from './artifact.ts';
import { artifactDigest, artifactRepository } from './artifact-identity.ts';
import type { ArtifactField } from './expression.ts';
import type { Json } from './json.ts';
import { imageReference, parseReference } from './reference.ts';

/**
 * The text of a field, undefined where the artifact lacks it. Without a field an image is `repository@sha256:…`, always, and
 * anything else its reference.
 */
export function artifactField(artifact: Artifact, field?: ArtifactField): string | undefined {
  const isImage = artifact.type === imageType;
  switch (field) {
    case undefined:
      return isImage ? pinned(artifact) : nonEmpty(artifact.reference);
    case 'dockerUrl':
      return isImage ? pinned(artifact) : undefined;
    case 'downloadUrl':
      return isImage ? undefined : nonEmpty(artifact.reference);
    case 'digest':
      return artifactDigest(artifact);
    case 'tag':
      return artifactTag(artifact);
    case 'md5':
      return metadataText(artifact, 'md5');
    case 'name':
    case 'type':
    case 'version':
    case 'reference':
    case 'location':
    case 'provenance':
    case 'artifactAccount':
      return nonEmpty(artifact[field]);
    default:
      return metadataText(artifact, field.slice('metadata.'.length));
  }
}

/** The first of `metadata.tags`, else `metadata.tag`, else the tag in the reference of an image. */
export function artifactTag(artifact: Artifact): string | undefined {
  const tags = ownValue(artifact, 'tags');
  const first = Array.isArray(tags) ? scalarText(tags[0]) : undefined;
  if (first !== undefined) return first;
  const named = metadataText(artifact, 'tag');
  if (named !== undefined || artifact.type !== imageType) return named;
  return parseReference(artifact.reference)?.tag;
}

function pinned(artifact: Artifact): string | undefined {
  const repository = artifactRepository(artifact);
  const digest = artifactDigest(artifact);
  return repository === undefined || digest === undefined ? undefined : imageReference(repository, digest);
}

function metadataText(artifact: Artifact, key: string): string | undefined {
  return scalarText(ownValue(artifact, key));
}

/** Keys come from pipeline files: `constructor` is one that nobody sent. */
function ownValue(artifact: Artifact, key: string): Json | undefined {
  return Object.hasOwn(artifact.metadata, key) ? artifact.metadata[key] : undefined;
}

function scalarText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return nonEmpty(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
