import type { RecordedArtifact } from '../domain/artifact.ts';
import type { ScanEvent } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';
import type { Ports } from '../ports/ports.ts';
import { addFact, type FactSource } from './intake/add-fact.ts';
import { recordImage } from './intake/record-image.ts';
import { wakeFactWaiters } from './wake.ts';

type ScanPorts = Pick<Ports, 'artifacts' | 'executions' | 'orchestrator' | 'sha1' | 'sha256' | 'clock'>;

/** Records a finished scan, whatever its outcome, and wakes the gates that wait for it. It may come before the push. */
export async function recordScan(
  ports: ScanPorts,
  scan: ScanEvent & { readonly digest: Digest },
  source: FactSource,
): Promise<RecordedArtifact> {
  const { repository, digest, status, severities, uncounted, scanner } = scan;
  const recorded = await recordImage(ports, { repository, digest, at: source.at });
  const body = { kind: 'scanned', status, severities, uncounted, scanner } as const;
  await addFact(ports, recorded.artifact.uuid, { source, body });
  await wakeFactWaiters(ports, digest);
  return recorded;
}
