import type { Artifact } from '../../domain/artifact.ts';
import { artifactDigest, artifactRepository } from '../../domain/artifact-identity.ts';
import { imageTags } from '../../domain/image-push.ts';
import type { ArtifactSource, PipelineDefinition, RegistrySource } from '../../domain/pipeline.ts';
import { repositoryMatches } from '../../domain/repository-pattern.ts';
import type { Received } from '../bind-sources.ts';
import { taggedImage } from './record-image.ts';
import { resolveImage, type VerifyPorts, verifyImage } from './verify-image.ts';

export interface ArtifactsForSources {
  readonly sources: PipelineDefinition['sources'];
  readonly artifacts: readonly Artifact[];
  /** Whether a source may take an artifact of its repository or name; default yes. */
  readonly admits?: (source: RegistrySource | ArtifactSource, artifact: Artifact) => boolean;
}

/**
 * Gives each registry source the first artifact of its repository, and each artifact source the first of its type and name.
 * Images are resolved and verified here, so what is received has its digest; an image with neither digest nor tag is nobody's.
 */
export async function receiveArtifacts(
  ports: VerifyPorts,
  { sources, artifacts, admits = () => true }: ArtifactsForSources,
): Promise<Readonly<Record<string, Received>>> {
  const received: [string, Received][] = [];
  for (const [id, source] of Object.entries(sources)) {
    if (source.type === 'pipeline') continue;
    const artifact = artifacts.find((one) => isOf(source, one) && admits(source, one));
    if (artifact === undefined) continue;
    const one = source.type === 'artifact' ? receiveFile(artifact) : await receiveImage(ports, artifact);
    if (one !== undefined) received.push([id, one]);
  }
  return Object.fromEntries(received);
}

export function isOf(source: RegistrySource | ArtifactSource, artifact: Artifact): boolean {
  if (source.type === 'artifact') return artifact.type === source.artifactType && artifact.name === source.name;
  const repository = artifactRepository(artifact);
  return repository !== undefined && repositoryMatches(source.repository, repository);
}

function receiveFile(artifact: Artifact): Received {
  return { kind: 'file', artifact };
}

async function receiveImage(ports: VerifyPorts, artifact: Artifact): Promise<Received | undefined> {
  const repository = artifactRepository(artifact);
  const digest = artifactDigest(artifact);
  const [tag] = imageTags(artifact);
  if (repository === undefined) return undefined;
  if (digest === undefined && tag === undefined) return undefined;
  const image =
    digest === undefined
      ? await resolveImage(ports, repository, tag ?? '')
      : await verifyImage(ports, { repository, digest });
  const tagged = taggedImage(ports, image, tag);
  // What the giver says of it goes along; what the registry says of it stands.
  const metadata = { ...artifact.metadata, ...tagged.metadata };
  return { kind: 'image', artifact: { ...tagged, metadata }, digest: image.digest, tag };
}
