import { type Artifact, imageType } from '../domain/artifact.ts';
import type { Caller } from '../domain/caller.ts';
import { type ArtifactContent, retentionDaysOf, uploads } from '../domain/content.ts';
import type { Ports } from '../ports/ports.ts';
import { posterOf } from './record-artifact.ts';
import { type ContentPorts, storeContent } from './store-content.ts';
import { createArtifactAccess } from './visible-repository.ts';

export interface PutContent {
  readonly caller: Caller;
  readonly uuid: string;
  readonly bytes: Uint8Array;
}

export type PutContentAnswer =
  | { readonly kind: 'stored' | 'known'; readonly content: ArtifactContent }
  | { readonly kind: 'notFound' }
  /** Another content is there: an artifact cannot change. */
  | { readonly kind: 'conflict'; readonly message: string }
  /** `code` is useARegistry or checksumMismatch. */
  | { readonly kind: 'invalid'; readonly code: string; readonly message: string };

/**
 * Keeps what a caller says an artifact's bytes are, for the pipelines that his groups own (ruling 10). The same bytes again are the
 * same answer; the first bytes are the artifact's for good.
 */
export async function putContent(
  ports: ContentPorts & Pick<Ports, 'accounts' | 'artifacts' | 'pipelines'>,
  { caller, uuid, bytes }: PutContent,
): Promise<PutContentAnswer> {
  const recorded = await ports.artifacts.find(uuid);
  if (recorded === undefined || !(await createArtifactAccess(ports, caller)(recorded))) return { kind: 'notFound' };
  const { artifact } = recorded;
  const base64 = Buffer.from(bytes).toString('base64');
  const sha256 = ports.sha256(bytes);
  const refusal = whyNot(artifact, sha256);
  if (refusal !== undefined) return refusal;
  const seen = { application: uploads, uuid, hash: ports.sha256(base64), sha256, size: bytes.length };
  const pinned = await ports.contents.pin({ ...seen, at: ports.clock.now(), postedBy: posterOf(caller) });
  if (pinned.content.sha256 !== sha256) return conflict(sha256);
  const retentionDays = retentionDaysOf(artifact);
  await storeContent(ports, { application: uploads, base64, bytes, uuid, retentionDays });
  return { kind: pinned.kind === 'pinned' ? 'stored' : 'known', content: pinned.content };
}

function whyNot({ type, version = '', metadata }: Artifact, sha256: string): PutContentAnswer | undefined {
  if (type === imageType) {
    const message = 'Images live in a registry: push it there, and Waybill keeps its digest.';
    return { kind: 'invalid', code: 'useARegistry', message };
  }
  const inVersion = /^sha256:([0-9a-f]{64})$/.exec(version)?.[1];
  const stated = inVersion ?? (Object.hasOwn(metadata, 'sha256') ? metadata.sha256 : undefined);
  if (stated === undefined || stated === sha256) return undefined;
  const message = `The artifact says that its sha256 is ${String(stated).slice(0, 64)}; what came has ${sha256}.`;
  return { kind: 'invalid', code: 'checksumMismatch', message };
}

/** Without saying what is there: it may be another team's, under the same name. */
function conflict(sha256: string): PutContentAnswer {
  const message = `This artifact has other bytes already; what came has the sha256 ${sha256}. An artifact cannot change: record another version.`;
  return { kind: 'conflict', message };
}
