import type { Artifact, ManifestFacts, RecordedArtifact } from '../domain/artifact.ts';
import type { BuildArtifact } from '../domain/delivery.ts';
import type { PublishedArtifact } from '../domain/execution.ts';
import type { Fact } from '../domain/fact.ts';
import { presentOptionalTime, presentTime } from './present-time.ts';

export function presentArtifact(artifact: Artifact) {
  const { type, name, version, reference, artifactAccount, provenance, location, metadata, uuid } = artifact;
  return { type, name, version, reference, artifactAccount, provenance, location, metadata, uuid };
}

export function presentPublished({ name, artifact }: PublishedArtifact) {
  return { name, artifact: presentArtifact(artifact) };
}

export function presentBuildArtifact({ stage, job, step, name, artifact }: BuildArtifact) {
  return { stage, job, step, name, artifact: presentArtifact(artifact) };
}

export interface PresentedArtifact {
  readonly artifact: Artifact;
  readonly recorded: RecordedArtifact;
  readonly facts: readonly Fact[];
}

export function presentKnownArtifact({ artifact, recorded, facts }: PresentedArtifact) {
  const { repository, digest, branch, revision, firstSeenAt, manifest } = recorded;
  return {
    ...presentArtifact(artifact),
    repository,
    digest,
    branch,
    revision,
    firstSeenAt: presentTime(firstSeenAt),
    manifest: manifest === undefined ? undefined : presentManifest(manifest),
    facts: facts.map(presentFact),
  };
}

function presentManifest({ mediaType, size, created, children }: ManifestFacts) {
  return { mediaType, size, created: presentOptionalTime(created), children };
}

/** Who posted it by name only: their groups are no business of a reader's. */
export function presentFact(fact: Fact) {
  const { id: _id, at, recordedAt, receiver, trusted, postedBy, ...body } = fact;
  const times = { at: presentTime(at), recordedAt: presentTime(recordedAt) };
  return { ...presentFactTimes(body), ...times, receiver, trusted, postedBy: postedBy?.subject };
}

type FactBody = Omit<Fact, 'id' | 'at' | 'recordedAt' | 'receiver' | 'trusted' | 'postedBy'>;

function presentFactTimes(body: FactBody & { readonly resolvedAt?: number }) {
  return { ...body, resolvedAt: presentOptionalTime(body.resolvedAt) };
}

export function presentVersion(version: {
  readonly tag?: string;
  readonly version?: string;
  readonly build?: string;
  readonly digest?: string;
  readonly pushedAt: number;
  readonly default: boolean;
  readonly facts: readonly Fact[];
  readonly deployedIn: readonly string[];
}) {
  const { tag, version: named, build, digest, pushedAt, default: isDefault, facts, deployedIn } = version;
  const at = presentTime(pushedAt);
  return {
    tag,
    version: named,
    build,
    digest,
    pushedAt: at,
    default: isDefault,
    facts: facts.map(presentFact),
    deployedIn,
  };
}
