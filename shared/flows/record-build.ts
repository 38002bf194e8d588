import type { Artifact, RecordedArtifact } from '../domain/artifact.ts';
import { artifactDigest, artifactRepository } from '../domain/artifact-identity.ts';
import type { Build } from '../domain/build.ts';
import type { BuildEvent } from '../domain/delivery.ts';
import { Failure } from '../domain/failure.ts';
import type { Ports } from '../ports/ports.ts';
import { addFact, type FactSource } from './intake/add-fact.ts';
import { recordImage } from './intake/record-image.ts';

type BuildPorts = Pick<Ports, 'artifacts' | 'sha1' | 'sha256' | 'clock'>;

/** Records a finished build, and of each of its images that it built it, from which branch and revision. */
export async function recordBuild(ports: BuildPorts, reported: BuildEvent, source: FactSource): Promise<Build> {
  const event = traced(reported);
  for (const artifact of distinct(event)) await recordBuilt(ports, { event, artifact, source });
  const build = newBuild(event, source);
  const outcome = await ports.artifacts.recordBuild(build);
  // The first report of a build stands: a sender that repeats itself with other contents does not change what was bound.
  // Only a failed one, of which nothing was bound, gives way to the success of another attempt under the same number.
  return outcome === 'recorded' ? build : ((await ports.artifacts.build(event.pipeline, event.build)) ?? build);
}

/** Steps often publish one artifact each after the other: it is recorded once, as the first has it. */
function distinct({ artifacts }: BuildEvent): readonly Artifact[] {
  const byIdentity = new Map<string, Artifact>();
  for (const { artifact } of artifacts) {
    const [repository, digest] = [artifactRepository(artifact), artifactDigest(artifact)];
    const identity = repository === undefined ? artifact.uuid : JSON.stringify([repository, digest]);
    if (!byIdentity.has(identity)) byIdentity.set(identity, artifact);
  }
  return [...byIdentity.values()];
}

/** What says nothing of where it came from came from this build. */
function traced(event: BuildEvent): BuildEvent {
  const { provenance } = event;
  if (provenance === undefined) return event;
  const artifacts = event.artifacts.map((entry) => ({
    ...entry,
    artifact: { ...entry.artifact, provenance: entry.artifact.provenance || provenance },
  }));
  return { ...event, artifacts };
}

function newBuild(event: BuildEvent, source: FactSource): Build {
  const { pipeline, build, outcome, branch, revision, provenance, artifacts, execution } = event;
  const { at, receiver, trusted } = source;
  return { pipeline, build, outcome, branch, revision, provenance, artifacts, execution, at, receiver, trusted };
}

interface Built {
  readonly event: BuildEvent;
  readonly artifact: Artifact;
  readonly source: FactSource;
}

async function recordBuilt(ports: BuildPorts, { event, artifact, source }: Built): Promise<void> {
  const { pipeline, build, outcome } = event;
  const repository = artifactRepository(artifact);
  const digest = artifactDigest(artifact);
  if (repository === undefined) return recordFile(ports, artifact, source.at);
  if (digest === undefined) return;
  const recorded = await recordImage(ports, { repository, digest, artifact, at: source.at });
  await addFact(ports, recorded.artifact.uuid, { source, body: { kind: 'built', pipeline, build, outcome } });
  await keepProvenance(ports, recorded, event);
}

/** A put that is refused costs more than a look. */
async function recordFile(ports: BuildPorts, artifact: Artifact, at: number): Promise<void> {
  if ((await ports.artifacts.find(artifact.uuid)) !== undefined) return;
  await ports.artifacts.record({ artifact, firstSeenAt: at, rev: 0 });
}

/** The build system knows the branch; what is known already is not changed. */
async function keepProvenance(ports: BuildPorts, recorded: RecordedArtifact, event: BuildEvent): Promise<void> {
  let present: RecordedArtifact | undefined = recorded;
  for (let tries = 0; tries < 8 && present !== undefined; tries++) {
    const branch = present.branch ?? event.branch;
    const revision = present.revision ?? event.revision;
    if (branch === present.branch && revision === present.revision) return;
    if ((await ports.artifacts.save({ ...present, branch, revision })) !== undefined) return;
    present = await ports.artifacts.find(recorded.artifact.uuid);
  }
  throw new Failure('conflict', `Artifact ${recorded.artifact.uuid} is being changed too often at once.`);
}
