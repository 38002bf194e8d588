import { type Caller, isAdmin } from '../domain/caller.ts';
import { type ArtifactContent, countsFor, type StoredContent, uploads } from '../domain/content.ts';
import { ownersSpokenFor } from '../domain/permission.ts';
import type { Ports } from '../ports/ports.ts';
import { createReadAccess } from './read-access.ts';
import { type ContentPorts, readContent } from './store-content.ts';
import { createArtifactAccess, receiversOfArtifact } from './visible-repository.ts';

export interface ContentView {
  readonly content: ArtifactContent;
  readonly bytes: Uint8Array;
}

/**
 * The stored bytes of an artifact, as an application had them that the caller may read; uploaded ones as they count for a
 * pipeline that he reads (ruling 10). Undefined also for what he may not see, and for what was removed.
 */
export async function getContent(
  ports: ContentPorts & Pick<Ports, 'accounts' | 'artifacts' | 'pipelines'>,
  { caller, uuid }: { readonly caller: Caller; readonly uuid: string },
): Promise<ContentView | undefined> {
  const mayRead = createReadAccess(ports, caller);
  for (const content of await ports.contents.pins(uuid)) {
    const isVisible =
      content.application === uploads ? await maySee(ports, caller, content) : await mayRead(content.application);
    const found = isVisible ? await readContent(ports, content) : undefined;
    if (found !== undefined) return { content, bytes: found.bytes };
  }
  return undefined;
}

/** What a run of an application got as `remote/base64`, for who may read that pipeline; undefined also for what he may not see. */
export async function getContentByAddress(
  ports: ContentPorts & Pick<Ports, 'pipelines'>,
  { caller, ...address }: { readonly caller: Caller; readonly application: string; readonly hash: string },
): Promise<{ readonly content: StoredContent; readonly bytes: Uint8Array } | undefined> {
  const isVisible = await createReadAccess(ports, caller)(address.application);
  return isVisible ? readContent(ports, address) : undefined;
}

async function maySee(
  ports: Pick<Ports, 'accounts' | 'artifacts' | 'pipelines'>,
  caller: Caller,
  content: ArtifactContent,
): Promise<boolean> {
  const recorded = await ports.artifacts.find(content.uuid);
  if (recorded === undefined || !(await createArtifactAccess(ports, caller)(recorded))) return false;
  const { pipelines } = await receiversOfArtifact(ports, caller, recorded);
  if (isAdmin(caller) || pipelines.length === 0 || countsFor(content, caller.groups)) return true;
  // Whoever names another team's file as a source of his own sees that there is one, and not what is in it.
  const heads = await Promise.all(pipelines.map((pipeline) => ports.pipelines.head(pipeline)));
  return heads.some((head) => head !== undefined && countsFor(content, ownersSpokenFor(head)));
}
