import { imageArtifact } from '../domain/artifact-identity.ts';
import type { DeleteEvent } from '../domain/delivery.ts';
import type { Ports } from '../ports/ports.ts';
import { addFact, type FactSource } from './intake/add-fact.ts';

type DeletePorts = Pick<Ports, 'artifacts' | 'sha1' | 'sha256' | 'clock'>;

/** Records that a registry dropped a tag or an image; of what was never recorded there is nothing to say. */
export async function recordDelete(ports: DeletePorts, deleted: DeleteEvent, source: FactSource): Promise<void> {
  const { repository, tag } = deleted;
  const digest =
    deleted.digest ?? (tag === undefined ? undefined : (await ports.artifacts.tag(repository, tag))?.digest);
  if (digest === undefined) return;
  const { uuid } = imageArtifact({ repository, digest }, ports.sha1);
  if ((await ports.artifacts.find(uuid)) === undefined) return;
  await addFact(ports, uuid, { source, body: { kind: 'deleted', tag } });
}
