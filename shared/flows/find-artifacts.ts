import { type Artifact, imageType, type RecordedArtifact } from '../domain/artifact.ts';
import type { Caller } from '../domain/caller.ts';
import type { Fact } from '../domain/fact.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import type { Ports } from '../ports/ports.ts';
import { collectVisible } from './collect-visible.ts';
import { visibleFacts } from './visible-facts.ts';
import { createArtifactAccess } from './visible-repository.ts';

type ArtifactPorts = Pick<Ports, 'accounts' | 'artifacts' | 'pipelines'>;

/** What is known of an artifact: facts newest first, and an image with the tags that it was pushed under. */
export interface ArtifactView {
  readonly artifact: Artifact;
  readonly recorded: RecordedArtifact;
  readonly facts: readonly Fact[];
}

export interface FindArtifacts extends PageRequest {
  readonly caller: Caller;
  readonly name?: string;
  readonly digest?: string;
  readonly revision?: string;
  readonly type?: string;
  readonly tag?: string;
}

export type FoundArtifacts = ({ readonly kind: 'found' } & Page<ArtifactView>) | { readonly kind: 'tooWide' };

/** Newest first. Without name, digest or revision there is no look-up that could answer (`tooWide`). */
export async function findArtifacts(ports: ArtifactPorts, query: FindArtifacts): Promise<FoundArtifacts> {
  const load = lookUp(ports, query);
  if (load === undefined) return { kind: 'tooWide' };
  const mayRead = createArtifactAccess(ports, query.caller);
  const views = new Map<string, ArtifactView>();
  const page = await collectVisible({ limit: query.limit, cursor: query.cursor }, load, async (recorded) => {
    if (!fits(recorded, query) || !(await mayRead(recorded))) return false;
    const view = await artifactView(ports, query.caller, recorded);
    if (query.tag !== undefined && !hasTag(view, query.tag)) return false;
    views.set(recorded.artifact.uuid, view);
    return true;
  });
  const items = page.items.flatMap(({ artifact }) => views.get(artifact.uuid) ?? []);
  return page.next === undefined ? { kind: 'found', items } : { kind: 'found', items, next: page.next };
}

/** Undefined also for what the caller may not see. */
export async function getArtifact(
  ports: ArtifactPorts,
  { caller, uuid }: { readonly caller: Caller; readonly uuid: string },
): Promise<ArtifactView | undefined> {
  const recorded = await ports.artifacts.find(uuid);
  if (recorded === undefined || !(await createArtifactAccess(ports, caller)(recorded))) return undefined;
  return artifactView(ports, caller, recorded);
}

export async function artifactView(
  ports: Pick<Ports, 'artifacts' | 'pipelines'>,
  caller: Caller,
  recorded: RecordedArtifact,
): Promise<ArtifactView> {
  const facts = await visibleFacts(ports, caller, await ports.artifacts.facts(recorded.artifact.uuid));
  return { artifact: withTags(recorded.artifact, facts), recorded, facts };
}

function lookUp(
  { artifacts }: ArtifactPorts,
  { name, digest, revision }: FindArtifacts,
): ((page: PageRequest) => Promise<Page<RecordedArtifact>>) | undefined {
  if (digest !== undefined) return (page) => artifacts.byVersion(digest, page);
  if (name !== undefined) return (page) => artifacts.byName(name, page);
  return revision === undefined ? undefined : (page) => artifacts.byRevision(revision, page);
}

function fits({ artifact, revision }: RecordedArtifact, query: FindArtifacts): boolean {
  return (
    (query.name === undefined || artifact.name === query.name) &&
    (query.digest === undefined || artifact.version === query.digest) &&
    (query.revision === undefined || revision === query.revision) &&
    (query.type === undefined || artifact.type === query.type)
  );
}

/** Of files and packages a version is what a tag is. */
function hasTag({ artifact }: ArtifactView, tag: string): boolean {
  if (artifact.type !== imageType && artifact.version === tag) return true;
  return Array.isArray(artifact.metadata.tags) && artifact.metadata.tags.includes(tag);
}

/** Tags of an image are facts: the newest first, each once, in front of those that came with the artifact. */
function withTags(artifact: Artifact, facts: readonly Fact[]): Artifact {
  if (artifact.type !== imageType) return artifact;
  const pushed = facts.flatMap((fact) => (fact.kind === 'pushed' ? [fact.tag] : []));
  if (pushed.length === 0) return artifact;
  const given = Array.isArray(artifact.metadata.tags) ? artifact.metadata.tags : [];
  return { ...artifact, metadata: { ...artifact.metadata, tags: [...new Set([...pushed, ...given])] } };
}
