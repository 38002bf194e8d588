import { imageType } from '../../domain/artifact.ts';
import { artifactDigest, artifactRepository, artifactUuid } from '../../domain/artifact-identity.ts';
import type { Build } from '../../domain/build.ts';
import type { BuildArtifact } from '../../domain/delivery.ts';
import type { BoundArtifact } from '../../domain/execution.ts';
import { imageTags } from '../../domain/image-push.ts';
import type { PipelineSource } from '../../domain/pipeline.ts';
import { admitBranch } from '../../domain/tag-filter.ts';
import type { Ports } from '../../ports/ports.ts';
import { verifyLookedUp } from './as-known.ts';
import { notAdmitted, noVersion, type Picked, type Selection } from './picked.ts';
import { taggedImage } from './record-image.ts';
import { lacksDigest, settledOrAsked } from './settle-event.ts';
import { resolveImage, type VerifyPorts, verifyImage } from './verify-image.ts';

/** How many builds are looked through for one of an admitted branch. */
const maxBuilds = 1000;

/** What a pipeline source gives to a run that no build of it started. */
export async function pickBuild(
  ports: Pick<Ports, 'artifacts'>,
  source: PipelineSource,
  selected: Selection | undefined,
): Promise<Picked> {
  if (selected === undefined) return pickOwn(ports, source);
  if (selected.build === undefined) return notAdmitted(`${source.pipeline} is a pipeline: select one of its builds.`);
  if (source.build !== 'lastSuccessfulBuild' && source.build !== selected.build) {
    return notAdmitted(`The source takes build ${source.build} only.`);
  }
  const build = await ports.artifacts.build(source.pipeline, selected.build);
  if (build === undefined) return notAdmitted(`Build ${selected.build} of ${source.pipeline} is not recorded.`);
  const refusal = buildRefusal(source, build);
  return refusal === undefined ? { kind: 'build', build } : notAdmitted(refusal);
}

/** Why the source does not take a finished build; undefined = it does. */
export function buildRefusal(source: PipelineSource, build: Build): string | undefined {
  if (build.outcome !== 'succeeded') return `Build ${build.build} of ${build.pipeline} failed.`;
  const admission = admitBranch(source.branches, build.branch);
  return admission.admitted ? undefined : admission.message;
}

async function pickOwn(ports: Pick<Ports, 'artifacts'>, source: PipelineSource): Promise<Picked> {
  const build = await findOwn(ports, source);
  if (build === undefined) return noVersion(`No build of ${source.pipeline} that the source takes is recorded.`);
  const why = buildRefusal(source, build);
  return why === undefined ? { kind: 'build', build } : noVersion(why);
}

async function findOwn(ports: Pick<Ports, 'artifacts'>, source: PipelineSource): Promise<Build | undefined> {
  if (source.build !== 'lastSuccessfulBuild') return ports.artifacts.build(source.pipeline, source.build);
  if (source.branches === undefined) return ports.artifacts.lastSuccessfulBuild(source.pipeline);
  let cursor: string | undefined;
  for (let seen = 0; seen < maxBuilds; ) {
    const page = await ports.artifacts.builds(source.pipeline, { cursor, limit: 100 });
    const found = page.items.find((build) => buildRefusal(source, build) === undefined);
    if (found !== undefined || page.next === undefined) return found;
    seen += page.items.length;
    cursor = page.next;
  }
  return undefined;
}

/**
 * A build that was recorded before its images were there has tags alone. They are asked for when a run is bound to it and kept
 * in its record, so that every later run and every reference to what it published means the same images.
 */
async function settleBuild(ports: VerifyPorts, build: Build): Promise<Build> {
  if (!build.artifacts.some(({ artifact }) => lacksDigest(artifact))) return build;
  const artifacts: BuildArtifact[] = [];
  for (const published of build.artifacts) {
    artifacts.push({ ...published, artifact: await settledOrAsked(ports, published.artifact) });
  }
  return ports.artifacts.settleBuild(build, { ...build, artifacts });
}

/**
 * A build stands for what it published: for its one artifact where there is exactly one, else for itself, as an artifact of
 * type `waybill/build`. What it published is read from its record, under `build`.
 */
export async function bindBuild(
  ports: VerifyPorts,
  recorded: Build,
): Promise<Pick<BoundArtifact, 'artifact' | 'tag' | 'build'>> {
  const build = await settleBuild(ports, recorded);
  await verifyLookedUp(
    ports,
    build.artifacts.map(({ artifact }) => artifact),
  );
  const uuids = new Set(build.artifacts.map(({ artifact }) => artifact.uuid));
  const [only] = build.artifacts;
  if (only === undefined || uuids.size > 1) return { artifact: buildArtifact(ports, build), build: build.build };
  const { artifact } = only;
  const repository = artifactRepository(artifact);
  const digest = artifactDigest(artifact);
  const [tag] = imageTags(artifact);
  if (artifact.type !== imageType || repository === undefined) return { artifact, build: build.build };
  if (digest === undefined && tag === undefined) return { artifact, build: build.build };
  const image =
    digest === undefined
      ? await resolveImage(ports, repository, tag ?? '')
      : await verifyImage(ports, { repository, digest });
  return { artifact: taggedImage(ports, image, tag), tag, build: build.build };
}

function buildArtifact(ports: Pick<Ports, 'sha1'>, build: Build): BoundArtifact['artifact'] {
  const type = 'waybill/build';
  return {
    type,
    name: build.pipeline,
    version: build.build,
    reference: build.provenance ?? `${build.pipeline}#${build.build}`,
    metadata: {},
    uuid: artifactUuid(type, build.pipeline, build.build, ports.sha1),
  };
}
