import type { RecordedArtifact } from '../../domain/artifact.ts';
import type { Digest } from '../../domain/digest.ts';
import type { DigestFacts } from '../../domain/gates/gate-answer.ts';
import type { Ports } from '../../ports/ports.ts';

/** The record of an image, if there is one. */
export async function findImage(
  ports: Pick<Ports, 'artifacts'>,
  repository: string,
  digest: Digest,
): Promise<RecordedArtifact | undefined> {
  const found = await ports.artifacts.byVersion(digest, { limit: 50 });
  return found.items.find((item) => item.repository === repository);
}

/** The facts of a digest and, where it is an index, of each platform child (design 7). */
export async function digestFacts(
  ports: Pick<Ports, 'artifacts'>,
  repository: string,
  digest: Digest,
): Promise<DigestFacts> {
  const recorded = await findImage(ports, repository, digest);
  if (recorded === undefined) return { own: [], children: [] };
  const own = await ports.artifacts.facts(recorded.artifact.uuid);
  const children = [];
  for (const child of recorded.manifest?.children ?? []) {
    const found = await findImage(ports, repository, child.digest);
    children.push(found === undefined ? [] : await ports.artifacts.facts(found.artifact.uuid));
  }
  return { own, children };
}

/** A digest and the platform children whose facts may decide for it. */
export async function digestsToWatch(
  ports: Pick<Ports, 'artifacts'>,
  repository: string,
  digest: Digest,
): Promise<readonly Digest[]> {
  const recorded = await findImage(ports, repository, digest);
  return [digest, ...(recorded?.manifest?.children ?? []).map((child) => child.digest)];
}
