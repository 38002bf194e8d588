import type { RecordedArtifact } from '../../domain/artifact.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Fact } from '../../domain/fact.ts';
import type { DigestFacts } from '../../domain/gates/gate-answer.ts';
import type { Ports } from '../../ports/ports.ts';

type ImagePorts = Pick<Ports, 'artifacts' | 'sha1'>;

/** The record of an image, if there is one: by its own name, consistently, never through an index. */
export async function findImage(
  ports: ImagePorts,
  repository: string,
  digest: Digest,
): Promise<RecordedArtifact | undefined> {
  return ports.artifacts.find(uuidOf(ports, repository, digest));
}

/** The facts of a digest and, where it is an index, of each platform child (design 7). */
export async function digestFacts(ports: ImagePorts, repository: string, digest: Digest): Promise<DigestFacts> {
  const factsOf = (one: Digest): Promise<readonly Fact[]> => ports.artifacts.facts(uuidOf(ports, repository, one));
  const [recorded, own] = await Promise.all([findImage(ports, repository, digest), factsOf(digest)]);
  const children = (recorded?.manifest?.children ?? []).map((child) => factsOf(child.digest));
  return { own, children: await Promise.all(children) };
}

/** A digest and the platform children whose facts may decide for it. */
export async function digestsToWatch(
  ports: ImagePorts,
  repository: string,
  digest: Digest,
): Promise<readonly Digest[]> {
  const recorded = await findImage(ports, repository, digest);
  return [digest, ...(recorded?.manifest?.children ?? []).map((child) => child.digest)];
}

function uuidOf(ports: Pick<Ports, 'sha1'>, repository: string, digest: Digest): string {
  return imageArtifact({ repository, digest }, ports.sha1).uuid;
}
