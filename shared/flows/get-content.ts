import type { Caller } from '../domain/caller.ts';
import { type ArtifactContent, uploads } from '../domain/content.ts';
import type { Ports } from '../ports/ports.ts';
import { createReadAccess } from './read-access.ts';
import { type ContentPorts, readContent } from './store-content.ts';
import { createArtifactAccess } from './visible-repository.ts';

export interface ContentView {
  readonly content: ArtifactContent;
  readonly bytes: Uint8Array;
}

/**
 * The stored bytes of an artifact, as an application had them that the caller may read; uploaded ones for whoever may see the
 * artifact. Undefined also for what he may not see, and for what was removed.
 */
export async function getContent(
  ports: ContentPorts & Pick<Ports, 'accounts' | 'artifacts' | 'pipelines'>,
  { caller, uuid }: { readonly caller: Caller; readonly uuid: string },
): Promise<ContentView | undefined> {
  const mayRead = createReadAccess(ports, caller);
  for (const content of await ports.contents.pins(uuid)) {
    const isVisible =
      content.application === uploads ? await maySee(ports, caller, uuid) : await mayRead(content.application);
    const found = isVisible ? await readContent(ports, content) : undefined;
    if (found !== undefined) return { content, bytes: found.bytes };
  }
  return undefined;
}

async function maySee(
  ports: Pick<Ports, 'accounts' | 'artifacts' | 'pipelines'>,
  caller: Caller,
  uuid: string,
): Promise<boolean> {
  const recorded = await ports.artifacts.find(uuid);
  return recorded !== undefined && createArtifactAccess(ports, caller)(recorded);
}
