import { contentReference, type StoredContent } from '../domain/content.ts';
import { Failure } from '../domain/failure.ts';
import { haveCommon, ownersSpokenFor } from '../domain/permission.ts';
import type { Ports } from '../ports/ports.ts';
import { type ContentPorts, readContent } from './store-content.ts';

export interface ReadableContent {
  readonly content: StoredContent;
  readonly bytes: Uint8Array;
}

type ReadPorts = Pick<ContentPorts, 'contents' | 'blobs' | 'compression' | 'sha256'> & Pick<Ports, 'pipelines'>;

interface WantedContent {
  readonly pipeline: string;
  readonly application: string;
  readonly hash: string;
}

/**
 * Content for a run of a pipeline: its own, or of an application that one of its owners may read. Failures: contentDenied, in the
 * same words whether there is none or it is another team's; contentNotFound for its own that is gone.
 */
export async function getReadableContent(ports: ReadPorts, wanted: WantedContent): Promise<ReadableContent> {
  const found = await findReadableContent(ports, wanted);
  if (found !== undefined) return found;
  throw wanted.application === wanted.pipeline
    ? new Failure('contentNotFound', `${contentReference(wanted)} is not stored, or was removed after its retention`)
    : new Failure(
        'contentDenied',
        `There is no ${contentReference(wanted)} that an owner of ${wanted.pipeline} may read`,
      );
}

/** The same where it may be gone, or not for this pipeline. */
export async function findReadableContent(
  ports: ReadPorts,
  wanted: WantedContent,
): Promise<ReadableContent | undefined> {
  const isOwn = wanted.application === wanted.pipeline;
  return isOwn || (await mayReadApplication(ports, wanted)) ? readContent(ports, wanted) : undefined;
}

async function mayReadApplication(
  ports: Pick<Ports, 'pipelines'>,
  { pipeline, application }: { readonly pipeline: string; readonly application: string },
): Promise<boolean> {
  const [reader, owner] = await Promise.all([ports.pipelines.head(pipeline), ports.pipelines.head(application)]);
  if (reader === undefined || owner === undefined) return false;
  return owner.readers === undefined || haveCommon([...owner.owners, ...owner.readers], ownersSpokenFor(reader));
}
