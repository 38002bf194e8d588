import { imageType } from './artifact.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { isTag, parseReference, type Reference } from './reference.ts';

export interface ArtifactFault {
  readonly path: string;
  readonly message: string;
}

/** Flow's names for the same things (`dockerImage`, `flowPublic`) in Spinnaker's; anything else as it is. */
export function fromFlow(input: JsonObject, errors: ArtifactFault[]): JsonObject {
  if (input.type === 'dockerImage') return fromDockerImage(input, errors);
  return input.type === 'flowPublic' ? fromFlowPublic(input, errors) : input;
}

function fromFlowPublic(input: JsonObject, errors: ArtifactFault[]): JsonObject {
  const { artifact = null, downloadUrl = null, md5 = null, ...rest } = input;
  if (typeof downloadUrl !== 'string' || downloadUrl === '') {
    errors.push({ path: 'downloadUrl', message: 'must be the URL of the file' });
  }
  for (const [path, value] of Object.entries({ artifact, md5 })) {
    if (value !== null && typeof value === 'object') errors.push({ path, message: 'must be a text' });
  }
  const name = typeof artifact === 'object' ? null : artifact;
  return { name, ...rest, type: 'http/file', reference: downloadUrl, metadata: mergedMetadata(rest, { md5 }) };
}

function fromDockerImage(input: JsonObject, errors: ArtifactFault[]): JsonObject {
  const { artifact = null, dockerUrl = null, dockerTag = null, ...rest } = input;
  const reference = typeof dockerUrl === 'string' ? parseReference(dockerUrl) : undefined;
  if (reference === undefined) {
    errors.push({ path: 'dockerUrl', message: 'must be an image reference: host/repository:tag' });
    return input;
  }
  checkFlowTag(reference, dockerTag, errors);
  const metadata = mergedMetadata(rest, { artifact });
  const tagged = isJsonObject(metadata) && typeof dockerTag === 'string' ? withTags(metadata, [dockerTag]) : metadata;
  return { ...rest, type: imageType, name: reference.repository, reference: reference.text, metadata: tagged };
}

function checkFlowTag(reference: Reference, dockerTag: Json, errors: ArtifactFault[]): void {
  if (dockerTag === null) return;
  if (typeof dockerTag !== 'string' || !isTag(dockerTag)) {
    errors.push({ path: 'dockerTag', message: 'must be a tag: letters, digits, _ . - (128 at most)' });
  } else if (reference.tag !== undefined && reference.tag !== dockerTag) {
    errors.push({ path: 'dockerTag', message: `is ${dockerTag}, but dockerUrl says ${reference.tag}` });
  }
}

function mergedMetadata(input: JsonObject, more: JsonObject): Json {
  const given = input.metadata ?? null;
  return given === null || isJsonObject(given) ? { ...more, ...given } : given;
}

/** `tags` in front of those that are there, each once. */
export function withTags(metadata: JsonObject, tags: readonly string[]): JsonObject {
  if (tags.length === 0) return metadata;
  const present = Array.isArray(metadata.tags) ? metadata.tags : [];
  return { ...metadata, tags: [...new Set([...tags, ...present])] };
}
