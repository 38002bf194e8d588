import type { RecordedArtifact } from '../../domain/artifact.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { Digest } from '../../domain/digest.ts';
import type { Fact } from '../../domain/fact.ts';
import type { RegistrySource } from '../../domain/pipeline.ts';
import { repositoryMatches } from '../../domain/repository-pattern.ts';
import { admitBranch, admitTag } from '../../domain/tag-filter.ts';
import { bestFirst } from '../../domain/versioning/schemes.ts';
import type { TagHead } from '../../ports/artifact-store.ts';
import type { Ports } from '../../ports/ports.ts';
import { notAdmitted, noVersion, type Picked, type Selection } from './picked.ts';
import { resolveImage, type VerifyPorts, verifyImage } from './verify-image.ts';

/** What a registry source gives to a run that no event of it started. */
export async function pickImage(
  ports: VerifyPorts,
  source: RegistrySource,
  selected: Selection | undefined,
): Promise<Picked> {
  if (selected === undefined) return pickDefault(ports, source);
  if (selected.digest !== undefined) return pickDigest(ports, source, { ...selected, digest: selected.digest });
  if (selected.tag !== undefined) return pickTag(ports, source, selected.tag);
  return notAdmitted(`${source.repository} is an image's repository: select a tag or a digest of it.`);
}

/** The tag heads that the source's filter and order admit, the best first. */
export async function admittedHeads(
  ports: Pick<Ports, 'artifacts'>,
  source: RegistrySource,
): Promise<readonly TagHead[]> {
  const heads = await ports.artifacts.tags(source.repository);
  return bestFirst(
    source.order,
    heads.filter((head) => admitTag(source.tags, head.tag).admitted),
  );
}

/** The same without what was deleted since and what another branch built: asked one by one, since it costs reads. */
async function isStillOffered(
  ports: Pick<Ports, 'artifacts' | 'sha1'>,
  source: RegistrySource,
  head: TagHead,
): Promise<boolean> {
  const { uuid } = imageArtifact(head, ports.sha1);
  return isOffered(ports, source, { head, uuid, facts: await ports.artifacts.facts(uuid) });
}

export async function isOffered(
  ports: Pick<Ports, 'artifacts'>,
  source: RegistrySource,
  known: { readonly head: TagHead; readonly uuid: string; readonly facts: readonly Fact[] },
): Promise<boolean> {
  if (isDeleted(known.facts, known.head)) return false;
  if (source.branches === undefined) return true;
  return admitBranch(source.branches, (await ports.artifacts.find(known.uuid))?.branch).admitted;
}

function isDeleted(facts: readonly Fact[], head: TagHead): boolean {
  return facts.some(
    (fact) => fact.kind === 'deleted' && fact.at >= head.eventAt && (fact.tag === undefined || fact.tag === head.tag),
  );
}

async function pickDefault(ports: VerifyPorts, source: RegistrySource): Promise<Picked> {
  if (source.repository.includes('*')) {
    return noVersion(`${source.repository} names many repositories: select a digest, or give the artifact.`);
  }
  if (source.default !== undefined) return image(source.repository, await headOf(ports, source, source.default.tag));
  for (const head of await admittedHeads(ports, source)) {
    if (await isStillOffered(ports, source, head)) return image(source.repository, head);
  }
  return noVersion(`No version of ${source.repository} that the source admits is recorded.`);
}

async function pickTag(ports: VerifyPorts, source: RegistrySource, tag: string): Promise<Picked> {
  if (source.repository.includes('*')) {
    return notAdmitted(`${source.repository} names many repositories: select a digest instead of a tag.`);
  }
  const admission = admitTag(source.tags, tag);
  if (!admission.admitted) return notAdmitted(admission.message);
  const head = await headOf(ports, source, tag);
  return (
    (await branchRefusal(ports, source, { ...head, repository: source.repository })) ?? image(source.repository, head)
  );
}

/** The recorded head, else what the registry says now, which is then recorded as its image. */
async function headOf(
  ports: VerifyPorts,
  source: RegistrySource,
  tag: string,
): Promise<{ readonly tag: string; readonly digest: Digest }> {
  const head = await ports.artifacts.tag(source.repository, tag);
  return head ?? { tag, digest: (await resolveImage(ports, source.repository, tag)).digest };
}

async function pickDigest(
  ports: VerifyPorts,
  source: RegistrySource,
  selected: Selection & { readonly digest: Digest },
): Promise<Picked> {
  const recorded = await recordedUnder(ports, source, selected.digest);
  if (recorded?.repository === undefined) {
    return notAdmitted(`${selected.digest} is not recorded in ${source.repository}.`);
  }
  const tags = await tagsOf(ports, recorded);
  const { tag: wanted } = selected;
  if (wanted !== undefined && !tags.some(({ tag }) => tag === wanted)) {
    return notAdmitted(`${selected.digest} was never seen under the tag "${wanted}".`);
  }
  const candidates = wanted === undefined ? tags : tags.filter(({ tag }) => tag === wanted);
  const [best] = bestFirst(
    source.order,
    candidates.filter(({ tag }) => admitTag(source.tags, tag).admitted),
  );
  if (best === undefined) return notAdmitted(whyNoTag(source, candidates));
  const { repository } = recorded;
  const found = { repository, digest: selected.digest, tag: best.tag };
  return (await branchRefusal(ports, source, found)) ?? image(repository, found);
}

function whyNoTag(source: RegistrySource, tags: readonly { readonly tag: string }[]): string {
  const [first] = tags;
  const admission = admitTag(source.tags, first?.tag);
  if (first !== undefined && admission.admitted) return `Tag "${first.tag}" has no place in the order ${source.order}.`;
  return admission.admitted ? '' : admission.message;
}

async function recordedUnder(
  ports: VerifyPorts,
  source: RegistrySource,
  digest: Digest,
): Promise<RecordedArtifact | undefined> {
  if (!source.repository.includes('*')) {
    return ports.artifacts.find(imageArtifact({ repository: source.repository, digest }, ports.sha1).uuid);
  }
  const { items } = await ports.artifacts.byVersion(digest, { limit: 50 });
  return items.find(({ repository }) => repository !== undefined && repositoryMatches(source.repository, repository));
}

/** The tags that the image was pushed under, with when. */
export async function tagsOf(
  ports: Pick<Ports, 'artifacts'>,
  recorded: Pick<RecordedArtifact, 'artifact'>,
): Promise<readonly { readonly tag: string; readonly pushedAt: number }[]> {
  const facts = await ports.artifacts.facts(recorded.artifact.uuid);
  return facts.flatMap((fact) => (fact.kind === 'pushed' ? [{ tag: fact.tag, pushedAt: fact.at }] : []));
}

/** Only a verified image says which branch built it. */
async function branchRefusal(
  ports: VerifyPorts,
  source: RegistrySource,
  found: { readonly repository: string; readonly digest: Digest },
): Promise<Picked | undefined> {
  if (source.branches === undefined) return undefined;
  const admission = admitBranch(source.branches, (await verifyImage(ports, found)).branch);
  return admission.admitted ? undefined : notAdmitted(admission.message);
}

function image(repository: string, head: { readonly tag: string; readonly digest: Digest }): Picked {
  return { kind: 'image', repository, digest: head.digest, tag: head.tag };
}
