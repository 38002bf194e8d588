import type { Artifact, ManifestFacts, RecordedArtifact } from '../../domain/artifact.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Fact } from '../../domain/fact.ts';
import { Failure } from '../../domain/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { type ImageManifest, type IndexManifest, manifestFacts, parseManifest } from '../../domain/manifest.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Manifest } from '../../ports/registry-client.ts';
import { type Asking, mayKnow } from '../asking.ts';
import { newImage } from './record-image.ts';

/** With `asker`: for whom the registry is asked. */
export type VerifyPorts = Pick<Ports, 'accounts' | 'artifacts' | 'clock' | 'pipelines' | 'registry' | 'sha1'> & Asking;
export type VerifiedImage = RecordedArtifact & {
  readonly repository: string;
  readonly digest: Digest;
  readonly manifest: ManifestFacts;
};

/** Configs hold labels and history; more than this is no config. */
const maxConfigBytes = 4 * 1024 * 1024;
/** Accounts that are remembered of one image; whoever is forgotten asks the registry again. */
const mostAccounts = 20;

export interface ImageToVerify {
  readonly repository: string;
  readonly digest: Digest;
  /** What is recorded of it, where the caller has that at hand. */
  readonly recorded?: RecordedArtifact;
  /** What its giver says of it beyond the name. */
  readonly artifact?: Artifact;
  /** When it was first seen, if it was not before; epoch ms, default now. */
  readonly at?: number;
  /** What tells of it, to be kept with it if it is new. */
  readonly firstFact?: Fact;
}

/**
 * The image with what its manifest's bytes say, fetched by digest and hashed once for ever (design 7). Nothing is recorded of
 * an image that is not there, nor told to who could not get it himself. Failures: those of the registry; an unreadable manifest
 * is `manifestUnknown`.
 */
export async function verifyImage(ports: VerifyPorts, image: ImageToVerify): Promise<VerifiedImage> {
  const { repository, digest } = image;
  const recorded = image.recorded ?? (await findImage(ports, image));
  const known = verified(recorded);
  if (known !== undefined && (await mayKnow(ports, known, ports.asker))) return known;
  return keepManifest(ports, { ...image, recorded }, await ports.registry.manifest(repository, digest));
}

/** Asks the registry what the tag points at now: the one place where a tag becomes a digest. */
export async function resolveImage(ports: VerifyPorts, repository: string, tag: string): Promise<VerifiedImage> {
  const manifest = await ports.registry.resolveTag(repository, tag);
  const image = { repository, digest: manifest.digest };
  return keepManifest(ports, { ...image, recorded: await findImage(ports, image) }, manifest);
}

function findImage(ports: VerifyPorts, image: ImageToVerify): Promise<RecordedArtifact | undefined> {
  return ports.artifacts.find(imageArtifact(image, ports.sha1).uuid);
}

/** What is new is recorded whole, in one write. */
async function keepManifest(ports: VerifyPorts, image: ImageToVerify, manifest: Manifest): Promise<VerifiedImage> {
  const { repository, digest, at = ports.clock.now() } = image;
  const facts = await readFacts(ports, repository, manifest);
  const whole = withFacts(newImage(ports, { ...image, at }), facts, manifest);
  for (let tries = 0; tries < 8; tries++) {
    const given = tries === 0 ? image.recorded : await findImage(ports, image);
    const recorded = given ?? (await ports.artifacts.record(whole)).recorded;
    const known = verified(recorded);
    if (known !== undefined && isReached(known, manifest)) return known;
    const saved = verified(await ports.artifacts.save(withFacts(recorded, facts, manifest)));
    if (saved !== undefined) return saved;
  }
  throw new Failure('conflict', `Artifact ${repository}@${digest} is being changed too often at once.`);
}

/** Whether it is recorded already that who got the manifest now can get it. */
function isReached({ accounts }: RecordedArtifact, { account }: Manifest): boolean {
  return accounts === undefined || (account !== undefined && accounts.includes(account));
}

function withFacts(recorded: RecordedArtifact, manifest: ManifestFacts, { account }: Manifest): RecordedArtifact {
  const { accounts: before = [], ...rest } = recorded;
  return {
    ...rest,
    ...(account === undefined ? {} : { accounts: [...before, account].slice(-mostAccounts) }),
    manifest,
    branch: recorded.branch ?? manifest.branch,
    revision: recorded.revision ?? manifest.revision,
  };
}

function verified(recorded: RecordedArtifact | undefined): VerifiedImage | undefined {
  const { repository, digest, manifest } = recorded ?? {};
  if (recorded === undefined || repository === undefined || digest === undefined || manifest === undefined) return;
  return { ...recorded, repository, digest, manifest };
}

async function readFacts(ports: VerifyPorts, repository: string, manifest: Manifest): Promise<ManifestFacts> {
  const parsed = readManifest(repository, manifest);
  return manifestFacts(parsed, await findConfig(ports, repository, parsed));
}

function readManifest(repository: string, manifest: Manifest): ImageManifest | IndexManifest {
  const parsed = parseManifest(new TextDecoder().decode(manifest.bytes), manifest.mediaType);
  if (parsed.kind !== 'invalid') return parsed;
  throw new Failure('manifestUnknown', `${repository}@${manifest.digest} is no image: ${parsed.message}.`);
}

/** Builders write labels into configs; an index has one per platform, and the first speaks for all. */
async function findConfig(
  ports: VerifyPorts,
  repository: string,
  parsed: ImageManifest | IndexManifest,
): Promise<JsonObject | undefined> {
  try {
    const image = parsed.kind === 'image' ? parsed : await firstChild(ports, repository, parsed);
    if (image === undefined || image.config.size > maxConfigBytes) return undefined;
    const bytes = await ports.registry.blob(repository, image.config.digest, maxConfigBytes);
    const config: Json = JSON.parse(new TextDecoder().decode(bytes));
    return isJsonObject(config) ? config : undefined;
  } catch (error) {
    // Labels are a comfort: an artifact whose config cannot be read (charts, other types) is still the bytes it is.
    if (error instanceof Failure && error.retryable) throw error;
    return undefined;
  }
}

async function firstChild(
  ports: VerifyPorts,
  repository: string,
  index: IndexManifest,
): Promise<ImageManifest | undefined> {
  const child = index.children.find(({ platform }) => platform?.os !== 'unknown');
  if (child === undefined) return undefined;
  const parsed = readManifest(repository, await ports.registry.manifest(repository, child.digest));
  return parsed.kind === 'image' ? parsed : undefined;
}
