import { type Artifact, imageType } from '../domain/artifact.ts';
import { embeddedAccount } from '../domain/artifact-kinds.ts';
import { isBase64 } from '../domain/base64.ts';
import {
  contentReference,
  countsFor,
  embeddedType,
  maxContentBytes,
  parseContentReference,
  remoteType,
  retentionDaysOf,
  uploads,
} from '../domain/content.ts';
import { Failure } from '../domain/failure.ts';
import { ownersSpokenFor } from '../domain/permission.ts';
import type { ArtifactFetcher } from '../ports/artifact-fetcher.ts';
import type { Ports } from '../ports/ports.ts';
import { getUsableAccount, type UsableAccount } from './find-usable-account.ts';
import { type KeepPorts, keepContent, keptArtifact } from './keep-content.ts';
import { findReadableContent, getReadableContent } from './readable-content.ts';
import { readContent, storeContent } from './store-content.ts';

export type FetchPorts = KeepPorts & Pick<Ports, 'accounts' | 'fetchers' | 'pipelines' | 'secrets'>;

interface ArtifactToFetch {
  readonly pipeline: string;
  readonly artifact: Artifact;
  /** The run reads its bytes, not only what it is called. */
  readonly isNeeded: boolean;
  /** Instead of the one that the artifact names. */
  readonly account?: string;
}

/** For each exchange. */
const timeoutMs = 15_000;

/** The artifact with its content kept, or the same object where there is nothing to keep. Failures: those of fetchers. */
export async function fetchArtifact(ports: FetchPorts, wanted: ArtifactToFetch): Promise<Artifact> {
  const { artifact, isNeeded } = wanted;
  if (artifact.type === imageType) return artifact;
  if (artifact.type === embeddedType) return storeEmbedded(ports, wanted);
  if (!isNeeded) return artifact;
  if (artifact.type === remoteType) return keepRemote(ports, wanted);
  const bytes = await findKept(ports, wanted);
  if (bytes !== undefined) return keepContent(ports, { application: wanted.pipeline, artifact, bytes });
  const fetcher = Object.hasOwn(ports.fetchers, artifact.type) ? ports.fetchers[artifact.type] : undefined;
  return fetcher === undefined ? keepUploaded(ports, wanted) : fetchWith(ports, wanted, fetcher);
}

/** As Spinnaker's artifact store: the type and the reference change, all else stays; what is not base64 is left alone. */
async function storeEmbedded(ports: FetchPorts, { pipeline, artifact }: ArtifactToFetch): Promise<Artifact> {
  if (!isBase64(artifact.reference)) return artifact;
  const bytes = Buffer.from(artifact.reference, 'base64');
  const stored = await storeContent(ports, {
    application: pipeline,
    base64: artifact.reference,
    bytes,
    retentionDays: retentionDaysOf(artifact),
  });
  const remote = { ...artifact, type: remoteType, reference: contentReference(stored) };
  return keptArtifact(ports, remote, stored);
}

/** Content of another application is copied: its sweep must not take what this run needs. */
async function keepRemote(ports: FetchPorts, { pipeline, artifact }: ArtifactToFetch): Promise<Artifact> {
  const at = parseContentReference(artifact.reference);
  if (at === undefined) return artifact;
  const { bytes } = await getReadableContent(ports, { pipeline, ...at });
  return keepContent(ports, { application: pipeline, artifact, bytes });
}

/**
 * The bytes that an earlier run, or the one that handed it on, had: promoting a file means promoting those, whatever its place has
 * now. Only if they are there for this pipeline and are what the artifact says; else it is fetched as any other.
 */
async function findKept(ports: FetchPorts, { pipeline, artifact }: ArtifactToFetch): Promise<Uint8Array | undefined> {
  const { content, sha256 } = artifact.metadata;
  const at = typeof content === 'string' ? parseContentReference(content) : undefined;
  const found = at === undefined ? undefined : await findReadableContent(ports, { pipeline, ...at });
  return found?.content.sha256 === sha256 ? found?.bytes : undefined;
}

/** Kinds that nobody can fetch may have been uploaded, by somebody whose word counts for this pipeline. */
async function keepUploaded(ports: FetchPorts, { pipeline, artifact }: ArtifactToFetch): Promise<Artifact> {
  const pins = await ports.contents.pins(artifact.uuid);
  const uploaded = pins.find((pin) => pin.application === uploads);
  if (uploaded === undefined) return artifact;
  const head = await ports.pipelines.head(pipeline);
  if (head === undefined || !countsFor(uploaded, ownersSpokenFor(head))) return artifact;
  const found = await readContent(ports, uploaded);
  if (found === undefined) {
    throw new Failure('contentNotFound', 'Its uploaded content was removed after its retention; upload it again');
  }
  return keepContent(ports, { application: pipeline, artifact, bytes: found.bytes });
}

async function fetchWith(ports: FetchPorts, wanted: ArtifactToFetch, fetcher: ArtifactFetcher): Promise<Artifact> {
  const { pipeline, artifact } = wanted;
  const account = await accountOf(ports, wanted, fetcher);
  const fetched = await fetcher.fetch({ pipeline, artifact, account, maxBytes: maxContentBytes, timeoutMs });
  return keepContent(ports, { application: pipeline, artifact, ...fetched });
}

async function accountOf(
  ports: FetchPorts,
  { pipeline, artifact, account }: ArtifactToFetch,
  fetcher: ArtifactFetcher,
): Promise<UsableAccount | undefined> {
  const name = account ?? artifact.artifactAccount ?? '';
  if (name === '' || name === embeddedAccount) return undefined;
  const found = await getUsableAccount(ports, { name, pipeline });
  if (fetcher.accountTypes.includes(found.account.type)) return found;
  const types = fetcher.accountTypes.join(' or ');
  const message = `Account ${name} is of type ${found.account.type}; an artifact of type ${artifact.type} takes one of type ${types}`;
  throw new Failure('accountNotPermitted', message);
}
