import { createHash } from 'node:crypto';
import { z } from 'zod';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import { artifactDigest, imageArtifact } from '../../../domain/artifact-identity.ts';
import { type Digest, isDigest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { isRepository, isTag, namesHost, parseReference, splitRepository } from '../../../domain/reference.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { type RegistryClient, registryFor } from '../../../ports/registry-client.ts';
import { findOtherTag, type TagsOfDigest, tagsToPut } from '../tags.ts';
import { type CopyMemory, copyImage } from './copy-image.ts';

export interface CopyOptions {
  readonly registry: RegistryClient;
  readonly clock: Clock;
  /** Whether a pipeline may write to a repository, where no account decides it. Default: always. */
  readonly mayPush?: (pipeline: string, repository: string) => Promise<boolean>;
}

interface Input extends TagsOfDigest {
  /** Where the image is; `repository` is where it goes. */
  readonly from: string;
}

/** One call lasts no longer, but for the piece that is on its way. */
const longestMs = 240_000;

const Memory = z.object({
  done: z.array(z.string().refine(isDigest)),
  upload: z
    .object({ digest: z.string().refine(isDigest), location: z.string(), offset: z.int().nonnegative() })
    .optional(),
});

/**
 * The step `copy`: brings an image, an index with all its platforms, to another repository under the same digest, puts tags on
 * it there and reads it again. What the destination has is not sent again, so a replay finds its own work. After four minutes it
 * answers `poll` and goes on where it was. Failures: digestRequired, tagExists, repositoryUnknown, invalidInput and those of
 * both registries.
 */
export function createCopyDeployer(options: CopyOptions): Deployer {
  return {
    kind: 'copy',
    run: (request) => copy(options, request),
  };
}

async function copy(options: CopyOptions, request: StepRequest): Promise<StepAnswer> {
  const input = parseInput(request.with);
  const [source, target] = await registries(options, request, input);
  const missing = await tagsToPut(target, input);
  const until = options.clock.now() + longestMs;
  const [from, to] = [splitRepository(input.from), splitRepository(input.repository)];
  const result = await copyImage(
    {
      source,
      target,
      from: input.from,
      to: input.repository,
      ...(from.host === to.host && from.path !== to.path ? { mountFrom: from.path } : {}),
      mayGoOn: () => options.clock.now() < until,
    },
    input.digest,
    memoryOf(request),
  );
  if (result.kind === 'paused') return { kind: 'poll', memory: jsonOf(result.memory) };
  if (missing.length > 0) await putTags([source, target], input, missing);
  return observe(target, input, request);
}

/** Each with the account of its own host. The internal address is the source's, and the destination's where both are one registry. */
async function registries(
  { registry, mayPush }: CopyOptions,
  { pipeline, internal }: StepRequest,
  input: Input,
): Promise<readonly [RegistryClient, RegistryClient]> {
  if (mayPush !== undefined && !(await mayPush(pipeline, input.repository))) {
    throw new Failure(
      'registryDenied',
      `${input.repository} is of pipelines that have no owner in common with this one`,
    );
  }
  const isOne = splitRepository(input.from).host === splitRepository(input.repository).host;
  const source = registryFor(registry, [pipeline], { internal });
  return [source, isOne ? source : registryFor(registry, [pipeline])];
}

function parseInput(given: JsonObject): Input {
  const read = stepInputs.copy.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
  }
  const { image, to, tags = [], overwrite = false } = read.data;
  if (!namesHost(to) || !isRepository(to)) {
    throw new Failure('invalidInput', `with.to: ${JSON.stringify(to.slice(0, 300))} is no repository with its host`);
  }
  const unsound = tags.find((tag) => !isTag(tag));
  if (unsound !== undefined) throw new Failure('invalidInput', `with.tags: ${JSON.stringify(unsound)} is no tag`);
  const reference = parseReference(image);
  if (reference?.digest === undefined) {
    throw new Failure('digestRequired', `image is ${image}; a copy step takes repository@sha256:… only`);
  }
  return {
    from: reference.repository,
    digest: reference.digest,
    repository: to,
    tags: [...new Set(tags)],
    overwrite,
  };
}

/** What cannot be read is as if nothing were done: the destination is asked anyway. */
function memoryOf({ memory }: StepRequest): CopyMemory {
  const read = Memory.safeParse(memory);
  return read.success ? read.data : { done: [] };
}

function jsonOf({ done, upload }: CopyMemory): JsonObject {
  return { done: [...done], ...(upload === undefined ? {} : { upload: { ...upload } }) };
}

async function putTags(
  [source, target]: readonly [RegistryClient, RegistryClient],
  input: Input,
  tags: readonly string[],
): Promise<void> {
  const manifest = await source.manifest(input.from, input.digest);
  for (const tag of tags) await target.putTag(input.repository, tag, manifest);
}

/** The manifest's bytes are read again under the digest and under each tag, and hashed. */
async function observe(target: RegistryClient, input: Input, request: StepRequest): Promise<StepAnswer> {
  const { repository, digest } = input;
  const observed = await readAgain(target, input);
  if (observed !== digest) {
    const message = `${repository} has ${observed ?? 'nothing'} under ${digest} after the copy`;
    return { kind: 'failed', code: 'digestMismatch', message, ...(observed === undefined ? {} : { observed }) };
  }
  const other = await findOtherTag(target, input);
  if (other !== undefined) return { kind: 'failed', code: 'digestMismatch', ...other };
  return { kind: 'done', observed, artifacts: [{ artifact: copiedArtifact(input, request.artifacts) }] };
}

async function readAgain(target: RegistryClient, { repository, digest }: Input): Promise<Digest | undefined> {
  try {
    return (await target.manifest(repository, digest)).digest;
  } catch (error) {
    if (error instanceof Failure && error.code === 'manifestUnknown') return undefined;
    throw error;
  }
}

/** The same image in its new place, with where it comes from. */
function copiedArtifact({ repository, digest, tags }: Input, artifacts: readonly Artifact[]): Artifact {
  const copied = imageArtifact({ repository, digest }, (bytes) => createHash('sha1').update(bytes).digest());
  const given = artifacts.find((one) => artifactDigest(one) === digest);
  return {
    ...copied,
    ...(given?.provenance === undefined ? {} : { provenance: given.provenance }),
    metadata: { ...copied.metadata, ...(tags.length === 0 ? {} : { tags: [...tags] }) },
  };
}
