import type { Artifact } from '../domain/artifact.ts';
import { isBase64 } from '../domain/base64.ts';
import { embeddedType, parseContentReference, remoteType } from '../domain/content.ts';
import { Failure } from '../domain/failure.ts';
import type { Ports } from '../ports/ports.ts';
import { getReadableContent } from './readable-content.ts';
import type { ContentPorts } from './store-content.ts';

type ReadPorts = Pick<ContentPorts, 'contents' | 'blobs' | 'compression' | 'sha256'> & Pick<Ports, 'pipelines'>;

/**
 * The bytes of an artifact that a run of the pipeline has: what was kept when it was bound, or what it carries. Failures:
 * contentNotFound, contentDenied.
 */
export async function artifactContent(
  ports: ReadPorts,
  { artifact, pipeline }: { readonly artifact: Artifact; readonly pipeline: string },
): Promise<Uint8Array> {
  const { type, name, reference, metadata } = artifact;
  if (type === embeddedType && isBase64(reference)) return Buffer.from(reference, 'base64');
  const kept = type === remoteType ? reference : metadata.content;
  const at = typeof kept === 'string' ? parseContentReference(kept) : undefined;
  if (at === undefined) {
    throw new Failure(
      'contentNotFound',
      `Nothing is stored of ${type} ${name}: it cannot be fetched, or the run began before it could be.`,
    );
  }
  return (await getReadableContent(ports, { pipeline, ...at })).bytes;
}
