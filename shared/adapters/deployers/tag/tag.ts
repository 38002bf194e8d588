import { createHash } from 'node:crypto';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import { artifactDigest, artifactRepository, imageArtifact } from '../../../domain/artifact-identity.ts';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { isTag, parseReference } from '../../../domain/reference.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { type RegistryClient, registryFor } from '../../../ports/registry-client.ts';
import { findOtherTag, type TagsOfDigest, tagsToPut } from '../tags.ts';

export interface TagOptions {
  readonly registry: RegistryClient;
}

/**
 * The step `tag`: puts tags on a digest in its own repository and reads each again. A tag that has another digest stops it before
 * anything is written, unless `overwrite`. Failures: digestRequired, tagExists, invalidInput and those of the registry.
 */
export function createTagDeployer(options: TagOptions): Deployer {
  return {
    kind: 'tag',
    async run(request) {
      const registry = registryFor(options.registry, [request.pipeline], request);
      const input = parseInput(request.with);
      const missing = await tagsToPut(registry, input);
      if (missing.length > 0) await putTags(registry, input, missing);
      return observe(registry, input, request);
    },
  };
}

function parseInput(given: JsonObject): TagsOfDigest {
  const read = stepInputs.tag.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
  }
  const { image, tags, overwrite } = read.data;
  const unsound = tags.find((tag) => !isTag(tag));
  if (unsound !== undefined) throw new Failure('invalidInput', `with.tags: ${JSON.stringify(unsound)} is no tag`);
  const reference = parseReference(image);
  if (reference?.digest === undefined) {
    throw new Failure('digestRequired', `image is ${image}; a tag step takes repository@sha256:… only`);
  }
  const { repository, digest } = reference;
  return { repository, digest, tags: [...new Set(tags)], overwrite: overwrite ?? false };
}

async function putTags(registry: RegistryClient, input: TagsOfDigest, tags: readonly string[]): Promise<void> {
  const manifest = await registry.manifest(input.repository, input.digest);
  for (const tag of tags) await registry.putTag(input.repository, tag, manifest);
}

async function observe(registry: RegistryClient, input: TagsOfDigest, request: StepRequest): Promise<StepAnswer> {
  const other = await findOtherTag(registry, input);
  if (other !== undefined) return { kind: 'failed', code: 'digestMismatch', ...other };
  return { kind: 'done', observed: input.digest, artifacts: [{ artifact: taggedArtifact(input, request.artifacts) }] };
}

function taggedArtifact({ repository, digest, tags }: TagsOfDigest, artifacts: readonly Artifact[]): Artifact {
  const given =
    artifacts.find((one) => artifactDigest(one) === digest && artifactRepository(one) === repository) ??
    imageArtifact({ repository, digest }, (bytes) => createHash('sha1').update(bytes).digest());
  const before = Array.isArray(given.metadata.tags) ? given.metadata.tags : [];
  return { ...given, metadata: { ...given.metadata, tags: [...new Set([...before, ...tags])] } };
}
