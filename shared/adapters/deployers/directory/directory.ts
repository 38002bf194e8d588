import { createHash } from 'node:crypto';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import { artifactDigest, artifactRepository, imageArtifact } from '../../../domain/artifact-identity.ts';
import type { Digest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import { createTurns } from '../../../domain/in-turn.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { parseReference } from '../../../domain/reference.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { type RegistryClient, registryFor } from '../../../ports/registry-client.ts';
import { ensureRelease } from './ensure-release.ts';
import { type Platform, readImage } from './image.ts';
import { type DirectoryLimits, defaultLimits } from './limits.ts';
import { findDifferences } from './observe.ts';
import { resolvePlace } from './place.ts';
import { findCurrent, findRecord, preparePlace, pruneReleases, releaseFolder, switchCurrent } from './releases.ts';

export interface DirectoryOptions {
  readonly registry: RegistryClient;
  /** Absolute folders that steps may write under; relative paths start at the first. */
  readonly roots: readonly string[];
  /** What an index is asked for where the step does not say: linux and the host's architecture, in OCI's words. */
  readonly platform: Platform;
  readonly limits?: Partial<DirectoryLimits>;
}

/**
 * The step `directory`: unpacks an image beside the current release, switches the link `current`, and observes by hashing what
 * lies under it. Failures: pathNotAllowed, digestRequired, platformNotFound, unsafeArchive, tooLarge, digestMismatch,
 * storageFull and those of the registry.
 */
export function createDirectoryDeployer(options: DirectoryOptions): Deployer {
  const limits = { ...defaultLimits, ...options.limits };
  const inTurn = createTurns();
  return {
    kind: 'directory',
    async run(request) {
      const input = parseInput(request.with);
      const place = await resolvePlace(input.path, options.roots);
      const registry = registryFor(options.registry, [request.pipeline], request);
      return inTurn(place, () => deploy(request, { ...options, registry, limits, place, input }));
    },
  };
}

interface Input {
  readonly path: string;
  readonly platform?: string;
  readonly repository: string;
  readonly digest: Digest;
}

function parseInput(given: JsonObject): Input {
  const read = stepInputs.directory.safeParse(given);
  if (!read.success) throw invalidInput(read.error.issues[0]);
  const { path, image, platform } = read.data;
  const reference = parseReference(image);
  if (reference?.digest === undefined) {
    throw new Failure('digestRequired', `image is ${image}; a directory step takes repository@sha256:… only`);
  }
  return { path, platform, repository: reference.repository, digest: reference.digest };
}

function invalidInput(issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): Failure {
  return new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
}

async function deploy(
  request: StepRequest,
  at: DirectoryOptions & { readonly place: string; readonly input: Input; readonly limits: DirectoryLimits },
): Promise<StepAnswer> {
  const { place, input, registry, limits } = at;
  const contents = await readImage(registry, { ...input, host: at.platform });
  try {
    await preparePlace(place);
    const { name, altered } = await ensureRelease(place, { ...input, contents }, { registry, limits });
    if ((await findCurrent(place)) !== name) await switchCurrent(place, name);
    const seen = await observeDirectory(place);
    // What cannot be removed now is removed by a later deployment; this one stands all the same.
    await pruneReleases(place, limits.releases, altered).catch(() => {});
    return answerFor(request, { ...input, platformDigest: contents.digest }, seen);
  } catch (error) {
    throw storageFault(error);
  }
}

/** What a place has, as seen now: by hashing, not by remembering. */
export type Observation =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'intact'; readonly digest: Digest; readonly platformDigest: Digest }
  | { readonly kind: 'altered'; readonly differences: readonly string[] };

export async function observeDirectory(place: string): Promise<Observation> {
  const name = await findCurrent(place);
  if (name === undefined) return { kind: 'nothing' };
  const record = await findRecord(place, name);
  if (record === undefined) return { kind: 'altered', differences: [`missing releases/${name}.files.json`] };
  const differences = await findDifferences(releaseFolder(place, name), record.files);
  if (differences.length > 0) return { kind: 'altered', differences };
  return { kind: 'intact', digest: record.digest, platformDigest: record.platformDigest };
}

/** Equal digests pass; everything else is digestMismatch with what there is. */
export function answerFor(
  request: Pick<StepRequest, 'artifacts'>,
  wanted: { readonly repository: string; readonly digest: Digest; readonly platformDigest: Digest },
  seen: Observation,
): StepAnswer {
  const { digest, platformDigest } = wanted;
  if (seen.kind === 'intact' && seen.digest === digest && seen.platformDigest === platformDigest) {
    return { kind: 'done', observed: seen.digest, artifacts: [{ artifact: deployedArtifact(request, wanted) }] };
  }
  const message = `wanted ${digest}; ${describe(seen)}`;
  return {
    kind: 'failed',
    code: 'digestMismatch',
    message,
    observed: seen.kind === 'intact' ? seen.digest : undefined,
  };
}

function describe(seen: Observation): string {
  if (seen.kind === 'nothing') return 'there is no current release';
  if (seen.kind === 'intact') return `current is ${seen.digest} (unpacked: ${seen.platformDigest})`;
  return `what lies under current was altered: ${seen.differences.join(', ')}`;
}

function deployedArtifact(
  { artifacts }: Pick<StepRequest, 'artifacts'>,
  { repository, digest, platformDigest }: { repository: string; digest: Digest; platformDigest: Digest },
): Artifact {
  const given =
    artifacts.find((one) => artifactDigest(one) === digest && artifactRepository(one) === repository) ??
    imageArtifact({ repository, digest }, sha1);
  return platformDigest === digest ? given : { ...given, metadata: { ...given.metadata, platformDigest } };
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}

function storageFault(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure('storageFull', 'the disk is full; current was not changed', { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST') {
    return new Failure('pathNotAllowed', `the service cannot write there (${code})`, { cause: error });
  }
  return error;
}
