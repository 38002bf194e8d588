import { type Artifact, imageType, type RecordedArtifact } from '../domain/artifact.ts';
import type { Ports } from '../ports/ports.ts';
import { addFact, type FactSource } from './intake/add-fact.ts';

/**
 * Records a file or package, and that it was pushed under its version: only that makes it a version of an artifact source, for
 * the pipelines for which the one who says so counts (ruling 10). What another recorded first under the same identity stays
 * there; what this push said is in its fact.
 */
export async function recordFile(
  ports: Pick<Ports, 'artifacts' | 'clock' | 'sha256'>,
  artifact: Artifact,
  source: FactSource,
): Promise<{ readonly kind: 'recorded' | 'known'; readonly recorded: RecordedArtifact }> {
  const made = await ports.artifacts.record({ artifact, firstSeenAt: source.at, rev: 0 });
  const { version, uuid } = artifact;
  if (version === undefined || version === '' || artifact.type === imageType) return made;
  const isSame = JSON.stringify(made.recorded.artifact) === JSON.stringify(artifact);
  await addFact(ports, uuid, { source, body: { kind: 'pushed', tag: version, ...(isSame ? {} : { artifact }) } });
  return made;
}
