import type { Artifact, RecordedArtifact } from '../../domain/artifact.ts';
import { artifactUuid } from '../../domain/artifact-identity.ts';
import type { Fact } from '../../domain/fact.ts';
import { haveCommon } from '../../domain/permission.ts';
import type { ArtifactSource } from '../../domain/pipeline.ts';
import { admitVersion } from '../../domain/tag-filter.ts';
import { bestFirst } from '../../domain/versioning/schemes.ts';
import type { Ports } from '../../ports/ports.ts';
import { notAdmitted, noVersion, type Picked, type Selection } from './picked.ts';

type FilePorts = Pick<Ports, 'artifacts' | 'sha1'>;

/** How many of the newest versions of a file are looked through. */
const maxVersions = 2000;

/** An artifact source with the groups that own its pipeline: what others posted does not count for it (ruling 10). */
export interface OwnedSource {
  readonly source: ArtifactSource;
  readonly owners: readonly string[];
}

/** A version of a file that a source admits; `tag` is the version, as orders name it. */
export interface FileVersion {
  readonly tag: string;
  readonly pushedAt: number;
  readonly recorded: RecordedArtifact;
}

/** What an artifact source gives to a run that no event of it started. */
export async function pickFile(ports: FilePorts, owned: OwnedSource, selected: Selection | undefined): Promise<Picked> {
  const { source } = owned;
  if (selected === undefined) return pickDefault(ports, owned);
  if (selected.tag === undefined) return notAdmitted(`${source.name} is a ${source.artifactType}: select a version.`);
  return pickVersion(ports, owned, selected.tag);
}

/** The versions that a source's filter and order admit, the best first; whether they count is asked one by one. */
export async function admittedFiles(
  ports: Pick<Ports, 'artifacts'>,
  source: ArtifactSource,
): Promise<readonly FileVersion[]> {
  const versions: FileVersion[] = [];
  for await (const version of newestFiles(ports, source)) versions.push(version);
  return bestFirst(source.order, versions);
}

/** The artifact as the newest push that counts for the pipeline said it; undefined = none does. */
export function countingFile(
  recorded: RecordedArtifact,
  facts: readonly Fact[],
  owners: readonly string[],
): Artifact | undefined {
  const pushed = facts.find((fact) => fact.kind === 'pushed' && isOwners(fact, owners));
  if (pushed?.kind !== 'pushed') return undefined;
  return pushed.artifact ?? recorded.artifact;
}

function isOwners({ postedBy }: Fact, owners: readonly string[]): boolean {
  return postedBy === undefined || postedBy.admin || haveCommon(postedBy.groups, owners);
}

async function pickDefault(ports: FilePorts, owned: OwnedSource): Promise<Picked> {
  const { source } = owned;
  if (source.default !== undefined) return pickVersion(ports, owned, source.default.version);
  const versions = source.order === 'pushed' ? newestFiles(ports, source) : await admittedFiles(ports, source);
  for await (const { recorded } of versions) {
    const artifact = await countingArtifact(ports, recorded, owned.owners);
    if (artifact !== undefined) return { kind: 'file', artifact };
  }
  return noVersion(`No version of ${source.name} that the source admits is recorded.`);
}

async function pickVersion(ports: FilePorts, { source, owners }: OwnedSource, version: string): Promise<Picked> {
  const admission = admitVersion(source.versions, version);
  if (!admission.admitted) return notAdmitted(admission.message);
  const recorded = await ports.artifacts.find(artifactUuid(source.artifactType, source.name, version, ports.sha1));
  const artifact = recorded && (await countingArtifact(ports, recorded, owners));
  return artifact === undefined
    ? notAdmitted(`Version "${version.slice(0, 256)}" of ${source.name} is not recorded.`)
    : { kind: 'file', artifact };
}

async function countingArtifact(
  ports: Pick<Ports, 'artifacts'>,
  recorded: RecordedArtifact,
  owners: readonly string[],
): Promise<Artifact | undefined> {
  return countingFile(recorded, await ports.artifacts.facts(recorded.artifact.uuid), owners);
}

/** Page by page, so that who wants the newest one only reads no more. */
async function* newestFiles(ports: Pick<Ports, 'artifacts'>, source: ArtifactSource): AsyncGenerator<FileVersion> {
  let cursor: string | undefined;
  for (let seen = 0; seen < maxVersions; ) {
    const page = await ports.artifacts.byName(source.name, { cursor, limit: 100 });
    for (const recorded of page.items) {
      const { version } = recorded.artifact;
      if (version === undefined || !isOfSource(source, recorded) || !admitVersion(source.versions, version).admitted)
        continue;
      yield { tag: version, pushedAt: recorded.firstSeenAt, recorded };
    }
    if (page.next === undefined) return;
    seen += page.items.length;
    cursor = page.next;
  }
}

function isOfSource({ artifactType, name }: ArtifactSource, { artifact }: RecordedArtifact): boolean {
  return artifact.type === artifactType && artifact.name === name;
}
