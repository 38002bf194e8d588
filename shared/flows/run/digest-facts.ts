import type { RecordedArtifact } from '../../domain/artifact.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Fact } from '../../domain/fact.ts';
import type { DigestFacts } from '../../domain/gates/gate-answer.ts';
import { imageOf, type StageImage } from '../../domain/stage-images.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Run } from './load-run.ts';

type ImagePorts = Pick<Ports, 'artifacts' | 'sha1'>;

/** The record of an image, if there is one: by its own name, consistently, never through an index. */
async function findImage(ports: ImagePorts, repository: string, digest: Digest): Promise<RecordedArtifact | undefined> {
  return ports.artifacts.find(uuidOf(ports, repository, digest));
}

/**
 * The names under which a run knows the same bytes: the image's own and those that were bound. What is known of an image is
 * known of its copy, and what was rejected stays rejected wherever it was brought.
 */
function namesOf({ execution }: Pick<Run, 'execution'>, { name, digest }: StageImage): readonly string[] {
  const bound = execution.bound.flatMap((one) => imageOf(one.artifact)).filter((one) => one.digest === digest);
  return [...new Set([name, ...bound.map((one) => one.name)])];
}

/** The record of an image by its own name, or by another of its names if only that one says what is in it. */
export async function findKnownImage(
  ports: ImagePorts,
  run: Pick<Run, 'execution'>,
  image: StageImage,
): Promise<RecordedArtifact | undefined> {
  let first: RecordedArtifact | undefined;
  for (const name of namesOf(run, image)) {
    const recorded = await findImage(ports, name, image.digest);
    if (recorded?.manifest !== undefined) return recorded;
    first ??= recorded;
  }
  return first;
}

/** The facts of a digest and, where it is an index, of each platform child (design 7). */
export async function digestFacts(
  ports: ImagePorts,
  run: Pick<Run, 'execution'>,
  image: StageImage,
): Promise<DigestFacts> {
  const names = namesOf(run, image);
  const factsOf = async (one: Digest): Promise<readonly Fact[]> =>
    (await Promise.all(names.map((name) => ports.artifacts.facts(uuidOf(ports, name, one))))).flat();
  const [recorded, own] = await Promise.all([findKnownImage(ports, run, image), factsOf(image.digest)]);
  const children = (recorded?.manifest?.children ?? []).map((child) => factsOf(child.digest));
  return { own, children: await Promise.all(children) };
}

/** A digest and the platform children whose facts may decide for it. */
export async function digestsToWatch(
  ports: ImagePorts,
  run: Pick<Run, 'execution'>,
  image: StageImage,
): Promise<readonly Digest[]> {
  const recorded = await findKnownImage(ports, run, image);
  return [image.digest, ...(recorded?.manifest?.children ?? []).map((child) => child.digest)];
}

function uuidOf(ports: Pick<Ports, 'sha1'>, repository: string, digest: Digest): string {
  return imageArtifact({ repository, digest }, ports.sha1).uuid;
}
