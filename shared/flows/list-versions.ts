import { imageArtifact } from '../domain/artifact-identity.ts';
import type { Build } from '../domain/build.ts';
import type { Caller } from '../domain/caller.ts';
import type { Fact } from '../domain/fact.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { canRead } from '../domain/permission.ts';
import type { ArtifactSource, PipelineDefinition, PipelineSource, RegistrySource, Source } from '../domain/pipeline.ts';
import type { TagHead } from '../ports/artifact-store.ts';
import type { Ports } from '../ports/ports.ts';
import { mayKnow } from './asking.ts';
import { buildRefusal, pickBuild } from './intake/pick-build.ts';
import { admittedFiles, countingFile } from './intake/pick-file.ts';
import { admittedHeads, isOffered } from './intake/pick-image.ts';
import { mayFollow } from './pipeline-rights.ts';
import { visibleFacts } from './visible-facts.ts';

type VersionPorts = Pick<Ports, 'accounts' | 'artifacts' | 'environments' | 'pipelines' | 'sha1'>;

/** One version that a source admits. Times are epoch ms. */
export interface SourceVersion {
  readonly tag?: string;
  /** Of a file or package, where it stands under `tag` too. */
  readonly version?: string;
  readonly build?: string;
  readonly digest?: string;
  readonly pushedAt: number;
  /** What a run by hand takes without `select`. */
  readonly default: boolean;
  readonly facts: readonly Fact[];
  /** Environments of this pipeline where it is now. */
  readonly deployedIn: readonly string[];
}

export interface ListVersions extends PageRequest {
  readonly caller: Caller;
  readonly pipeline: string;
  readonly source: string;
}

/** What a source admits, the best first; undefined when there is no such source for this caller. */
export async function listVersions(
  ports: VersionPorts,
  request: ListVersions,
): Promise<Page<SourceVersion> | undefined> {
  const { caller, pipeline } = request;
  const head = await ports.pipelines.head(pipeline);
  if (head === undefined || head.deleted || !canRead(caller, head)) return undefined;
  const definition = (await ports.pipelines.version(pipeline, head.version))?.definition;
  const source = definition && ownSource(definition, request.source);
  if (definition === undefined || source === undefined) return undefined;
  const listing = { request, deployed: await deployments(ports, definition), owners: head.owners };
  const page = await versionsOf(ports, source, listing);
  const items: SourceVersion[] = [];
  for (const item of page.items) items.push({ ...item, facts: await visibleFacts(ports, caller, item.facts) });
  return { ...page, items };
}

function versionsOf(ports: VersionPorts, source: Source, listing: Listing): Promise<Page<SourceVersion>> {
  switch (source.type) {
    case 'registry':
      return imageVersions(ports, source, listing);
    case 'pipeline':
      return buildVersions(ports, source, listing);
    case 'artifact':
      return fileVersions(ports, source, listing);
  }
}

function ownSource({ sources }: PipelineDefinition, id: string): Source | undefined {
  return Object.hasOwn(sources, id) ? sources[id] : undefined;
}

type Deployed = ReadonlyMap<string, readonly string[]>;

/** By digest: the environments of the pipeline that it is in. */
async function deployments(
  ports: Pick<Ports, 'environments'>,
  { name, stages }: PipelineDefinition,
): Promise<Deployed> {
  const environments = [...new Set(stages.flatMap(({ environment }) => environment ?? []))];
  const deployed = new Map<string, string[]>();
  for (const environment of environments) {
    const heads = await ports.environments.heads(environment, name);
    for (const digest of new Set(heads.map((head) => head.digest))) {
      deployed.set(digest, [...(deployed.get(digest) ?? []), environment]);
    }
  }
  return deployed;
}

interface Listing {
  readonly request: ListVersions;
  readonly deployed: Deployed;
  readonly owners: readonly string[];
}

async function imageVersions(
  ports: VersionPorts,
  source: RegistrySource,
  { request, deployed }: Listing,
): Promise<Page<SourceVersion>> {
  if (source.repository.includes('*')) return { items: [] };
  const heads = await admittedHeads(ports, source);
  const start = request.cursor === undefined ? 0 : heads.findIndex(({ tag }) => tag === request.cursor) + 1;
  const items: SourceVersion[] = [];
  // Without a default of its own the source takes the first that is offered, which only a first page can know.
  let isFirst = source.default === undefined && start === 0;
  let last = start;
  for (; last < heads.length && items.length < request.limit; last++) {
    const head = heads[last];
    const facts = head && (await offeredFacts(ports, source, { head, pipeline: request.pipeline }));
    if (head === undefined || facts === undefined) continue;
    const { tag, digest, pushedAt } = head;
    const isDefault = isFirst || source.default?.tag === tag;
    isFirst = false;
    items.push({ tag, digest, pushedAt, default: isDefault, facts, deployedIn: deployed.get(digest) ?? [] });
  }
  return last < heads.length ? { items, next: heads[last - 1]?.tag } : { items };
}

async function offeredFacts(
  ports: VersionPorts,
  source: RegistrySource,
  { head, pipeline }: { readonly head: TagHead; readonly pipeline: string },
): Promise<readonly Fact[] | undefined> {
  const { uuid } = imageArtifact(head, ports.sha1);
  const [recorded, facts] = await Promise.all([ports.artifacts.find(uuid), ports.artifacts.facts(uuid)]);
  if (recorded !== undefined && !(await mayKnow(ports, recorded, { pipelines: [pipeline] }))) return undefined;
  return (await isOffered(ports, source, { head, uuid, facts })) ? facts : undefined;
}

async function fileVersions(
  ports: VersionPorts,
  source: ArtifactSource,
  { request, deployed, owners }: Listing,
): Promise<Page<SourceVersion>> {
  const versions = await admittedFiles(ports, source);
  const start = request.cursor === undefined ? 0 : versions.findIndex(({ tag }) => tag === request.cursor) + 1;
  const items: SourceVersion[] = [];
  let isFirst = source.default === undefined && start === 0;
  let last = start;
  for (; last < versions.length && items.length < request.limit; last++) {
    const version = versions[last];
    const facts = version && (await ports.artifacts.facts(version.recorded.artifact.uuid));
    if (version === undefined || facts === undefined || !countingFile(version.recorded, facts, owners)) continue;
    const { tag, pushedAt } = version;
    const isDefault = isFirst || source.default?.version === tag;
    isFirst = false;
    items.push({ tag, version: tag, pushedAt, default: isDefault, facts, deployedIn: deployed.get(tag) ?? [] });
  }
  return last < versions.length ? { items, next: versions[last - 1]?.tag } : { items };
}

async function buildVersions(
  ports: VersionPorts,
  source: PipelineSource,
  { request, deployed }: Listing,
): Promise<Page<SourceVersion>> {
  if (!(await mayFollow(ports, request.pipeline, source.pipeline))) return { items: [] };
  const picked = await pickBuild(ports, source, undefined);
  const own = picked.kind === 'build' ? picked.build.build : undefined;
  const page = await ports.artifacts.builds(source.pipeline, { limit: request.limit, cursor: request.cursor });
  const admitted = page.items.filter((build) => isAdmitted(source, build));
  const items = admitted.map((build) => buildVersion(build, { isDefault: build.build === own, deployed }));
  return page.next === undefined ? { items } : { items, next: page.next };
}

function isAdmitted(source: PipelineSource, build: Build): boolean {
  const isOwn = source.build === 'lastSuccessfulBuild' || source.build === build.build;
  return isOwn && buildRefusal(source, build) === undefined;
}

function buildVersion(
  { build, at, artifacts }: Build,
  { isDefault, deployed }: { readonly isDefault: boolean; readonly deployed: Deployed },
): SourceVersion {
  const digests = [...new Set(artifacts.flatMap(({ artifact }) => artifact.version ?? []))];
  const deployedIn = [...new Set(digests.flatMap((digest) => deployed.get(digest) ?? []))];
  const digest = digests.length === 1 ? digests[0] : undefined;
  return { build, digest, pushedAt: at, default: isDefault, facts: [], deployedIn };
}
