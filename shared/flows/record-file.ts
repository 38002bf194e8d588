import { type Artifact, imageType, type RecordedArtifact } from '../domain/artifact.ts';
import type { Fact } from '../domain/fact.ts';
import type { Ports } from '../ports/ports.ts';
import { type FactSource, newFact } from './intake/add-fact.ts';

type FilePorts = Pick<Ports, 'artifacts' | 'clock' | 'sha256'>;

/**
 * Records a file or package, and that it was pushed under its version: only that makes it a version of an artifact source, for
 * the pipelines for which the one who says so counts (ruling 10). What another recorded first under the same identity stays
 * there; what this push said is in its fact. A new one keeps the fact itself.
 */
export async function recordFile(ports: FilePorts, artifact: Artifact, source: FactSource): Promise<void> {
  const plain = pushedFact(ports, artifact, source);
  const recorded = await findOrRecord(ports, { artifact, firstSeenAt: source.at, firstFact: plain, rev: 0 });
  const isSame = JSON.stringify(recorded.artifact) === JSON.stringify(artifact);
  const fact = isSame ? plain : pushedFact(ports, artifact, source, { artifact });
  if (fact === undefined || recorded.firstFact?.id === fact.id) return;
  await ports.artifacts.addFact(artifact.uuid, fact);
}

/** A put that is refused costs more than a look. */
async function findOrRecord({ artifacts }: FilePorts, artifact: RecordedArtifact): Promise<RecordedArtifact> {
  return (await artifacts.find(artifact.artifact.uuid)) ?? (await artifacts.record(artifact)).recorded;
}

/** Undefined for what has no version to be pushed under. */
function pushedFact(
  ports: FilePorts,
  { version, type }: Artifact,
  source: FactSource,
  more: { readonly artifact?: Artifact } = {},
): Fact | undefined {
  if (version === undefined || version === '' || type === imageType) return undefined;
  return newFact(ports, source, { kind: 'pushed', tag: version, ...more });
}
