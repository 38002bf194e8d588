import { imageArtifact } from '../domain/artifact-identity.ts';
import type { ScanEvent } from '../domain/delivery.ts';
import type { Severities } from '../domain/fact.ts';
import type { Ports } from '../ports/ports.ts';
import { addFact, type FactSource } from './intake/add-fact.ts';
import { wakeFactWaiters } from './wake.ts';

type FindingPorts = Pick<Ports, 'artifacts' | 'executions' | 'orchestrator' | 'sha1' | 'sha256' | 'clock'>;

/**
 * Makes the last verdict of the same scanner worse by findings that it does not hold; a severity that it holds already may have
 * counted them. Without a verdict there is nothing to revoke, and a finding is none: what a scan has not said clean stays
 * unsaid. A finding older than the verdict is in it.
 */
export async function recordFinding(ports: FindingPorts, scan: ScanEvent, source: FactSource): Promise<void> {
  const { repository, digest, severities } = scan;
  if (digest === undefined) return;
  const { uuid } = imageArtifact({ repository, digest }, ports.sha1);
  const verdict = (await ports.artifacts.facts(uuid)).find(
    (fact) =>
      fact.kind === 'scanned' &&
      fact.status === 'complete' &&
      !fact.uncounted &&
      fact.receiver === source.receiver &&
      fact.trusted === source.trusted,
  );
  if (verdict?.kind !== 'scanned' || verdict.at >= source.at) return;
  const worse = worsened(verdict.severities, severities);
  if (worse === undefined) return;
  await addFact(ports, uuid, { source, body: { kind: 'scanned', status: 'complete', severities: worse } });
  await wakeFactWaiters(ports, digest);
}

/** Undefined where the findings change nothing. */
function worsened(known: Severities, findings: Severities): Severities | undefined {
  const fresh = Object.entries(findings).filter(([name]) => total(known[name]) === 0);
  return fresh.length === 0 ? undefined : { ...known, ...Object.fromEntries(fresh) };
}

function total(count: Severities[string] | undefined): number {
  return typeof count === 'object' ? count.total : (count ?? 0);
}
