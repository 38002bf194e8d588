import type { Artifact } from '../domain/artifact.ts';
import { artifactUuid } from '../domain/artifact-identity.ts';
import { contentReference, retentionDaysOf, type StoredContent } from '../domain/content.ts';
import { Failure } from '../domain/failure.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Ports } from '../ports/ports.ts';
import { type ContentPorts, storeContent } from './store-content.ts';

export type KeepPorts = ContentPorts & Pick<Ports, 'sha1'>;

export interface ContentOfArtifact {
  readonly application: string;
  readonly artifact: Artifact;
  readonly bytes: Uint8Array;
  /** The version that its place gave. */
  readonly version?: string;
}

/**
 * Keeps the bytes of an artifact and answers it with what they are. The first bytes that an application sees under a type, name
 * and version are that version's for good: other bytes are Failure contentChanged, before anything of them is kept.
 */
export async function keepContent(ports: KeepPorts, content: ContentOfArtifact): Promise<Artifact> {
  const { application, bytes } = content;
  const artifact = versioned(ports, content);
  const base64 = Buffer.from(bytes).toString('base64');
  const { uuid } = artifact;
  const seen = { hash: ports.sha256(base64), sha256: ports.sha256(bytes), size: bytes.length };
  const pinned = await ports.contents.pin({ application, uuid, ...seen, at: ports.clock.now() });
  if (pinned.content.sha256 !== seen.sha256) throw contentChanged(artifact, pinned.content.sha256, seen.sha256);
  const retentionDays = retentionDaysOf(artifact);
  const stored = await storeContent(ports, { application, base64, bytes, uuid, retentionDays });
  // Not recorded: the list of artifacts is everybody's, and this one names an application and its account.
  return keptArtifact(ports, artifact, stored);
}

/** Moving names (a branch, nothing at all) become what they were when the bytes were read. */
function versioned(ports: Pick<Ports, 'sha1' | 'sha256'>, { artifact, bytes, version }: ContentOfArtifact): Artifact {
  const fixed = version ?? artifact.version ?? `sha256:${ports.sha256(bytes)}`;
  if (fixed === artifact.version) return artifact;
  const asked: JsonObject = artifact.version === undefined ? {} : { requestedVersion: artifact.version };
  return {
    ...artifact,
    version: fixed,
    metadata: { ...artifact.metadata, ...asked },
    uuid: artifactUuid(artifact.type, artifact.name, fixed, ports.sha1),
  };
}

/** With what its content is and where it is kept. */
export function keptArtifact(ports: Pick<Ports, 'sha1'>, artifact: Artifact, stored: StoredContent): Artifact {
  const { sha256, size } = stored;
  return {
    ...artifact,
    metadata: { ...artifact.metadata, sha256, size, content: contentReference(stored) },
    uuid: artifactUuid(artifact.type, artifact.name, artifact.version, ports.sha1),
  };
}

function contentChanged({ name, version }: Artifact, first: string, now: string): Failure {
  const message = `${name} ${version ?? ''} now has the bytes sha256:${now}, but had sha256:${first} when it was first seen. Publish changed content under another version`;
  return new Failure('contentChanged', message);
}
