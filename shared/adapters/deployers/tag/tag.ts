import { createHash } from 'node:crypto';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import { artifactDigest, artifactRepository, imageArtifact } from '../../../domain/artifact-identity.ts';
import type { Digest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { isTag, parseReference } from '../../../domain/reference.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { type RegistryClient, registryFor } from '../../../ports/registry-client.ts';

export interface TagOptions {
  readonly registry: RegistryClient;
}

interface Input {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  readonly overwrite: boolean;
}

/**
 * The step `tag`: puts tags on a digest in its own repository and reads each again. A tag that has another digest stops it before
 * anything is written, unless `overwrite`. Failures: digestRequired, tagExists, invalidInput and those of the registry.
 */
export function createTagDeployer(options: TagOptions): Deployer {
  return {
    kind: 'tag',
    async run(request) {
      const registry = registryFor(options.registry, [request.pipeline]);
      const input = parseInput(request.with);
      const missing = await tagsToPut(registry, input);
      if (missing.length > 0) await putTags(registry, input, missing);
      return observe(registry, input, request);
    },
  };
}

function parseInput(given: JsonObject): Input {
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

async function tagsToPut(registry: RegistryClient, input: Input): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const tag of input.tags) {
    const present = await findTag(registry, input.repository, tag);
    if (present === input.digest) continue;
    if (present !== undefined && !input.overwrite) {
      const message = `${input.repository}:${tag} is ${present} already; set overwrite to move it to ${input.digest}`;
      throw new Failure('tagExists', message);
    }
    missing.push(tag);
  }
  return missing;
}

async function findTag(registry: RegistryClient, repository: string, tag: string): Promise<Digest | undefined> {
  try {
    return (await registry.resolveTag(repository, tag)).digest;
  } catch (error) {
    if (error instanceof Failure && error.code === 'manifestUnknown') return undefined;
    throw error;
  }
}

async function putTags(registry: RegistryClient, input: Input, tags: readonly string[]): Promise<void> {
  const manifest = await registry.manifest(input.repository, input.digest);
  for (const tag of tags) await registry.putTag(input.repository, tag, manifest);
}

async function observe(registry: RegistryClient, input: Input, request: StepRequest): Promise<StepAnswer> {
  const { repository, digest, tags } = input;
  for (const tag of tags) {
    const observed = await findTag(registry, repository, tag);
    if (observed === digest) continue;
    const message = `${repository}:${tag} is ${observed ?? 'not there'} after it was put on ${digest}`;
    return { kind: 'failed', code: 'digestMismatch', message, observed };
  }
  return { kind: 'done', observed: digest, artifacts: [{ artifact: taggedArtifact(input, request.artifacts) }] };
}

function taggedArtifact({ repository, digest, tags }: Input, artifacts: readonly Artifact[]): Artifact {
  const given =
    artifacts.find((one) => artifactDigest(one) === digest && artifactRepository(one) === repository) ??
    imageArtifact({ repository, digest }, (bytes) => createHash('sha1').update(bytes).digest());
  const before = Array.isArray(given.metadata.tags) ? given.metadata.tags : [];
  return { ...given, metadata: { ...given.metadata, tags: [...new Set([...before, ...tags])] } };
}
