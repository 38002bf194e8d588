import type { Artifact } from '../domain/artifact.ts';
import type { BuildArtifact } from '../domain/delivery.ts';
import type { PublishedArtifact } from '../domain/execution.ts';

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
