import type { ScanEvent } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';
import type { Fact, Severities } from '../domain/fact.ts';
import { worstSeverities } from '../domain/gates/severity-limit.ts';
import type { Ports } from '../ports/ports.ts';
import { addFact, type FactSource } from './intake/add-fact.ts';
import { recordImage } from './intake/record-image.ts';
import { wakeFactWaiters } from './wake.ts';

type FindingPorts = Pick<Ports, 'artifacts' | 'executions' | 'orchestrator' | 'sha1' | 'sha256' | 'clock'>;

/**
 * Records a finding that came up between scans, unless what is known already says as much: a scanner tells each finding of an
 * image, hundreds of them at first.
 */
export async function recordFinding(
  ports: FindingPorts,
  scan: ScanEvent & { readonly digest: Digest },
  source: FactSource,
): Promise<void> {
  const { repository, digest, severities } = scan;
  const { artifact } = await recordImage(ports, { repository, digest, at: source.at });
  if (isKnown(await ports.artifacts.facts(artifact.uuid), { scan, source })) return;
  await addFact(ports, artifact.uuid, {
    source,
    body: { kind: 'scanned', status: 'complete', severities, finding: true },
  });
  await wakeFactWaiters(ports, digest);
}

/**
 * By what the same scanner told: a later scan holds it, or the last one counted its severity, or another finding of its kind
 * that is no older.
 */
function isKnown(
  facts: readonly Fact[],
  { scan, source }: { readonly scan: ScanEvent; readonly source: FactSource },
): boolean {
  const own = facts.flatMap((fact) =>
    fact.kind === 'scanned' && fact.receiver === source.receiver && fact.trusted === source.trusted ? [fact] : [],
  );
  const [last] = own.filter(({ status, finding, uncounted }) => status === 'complete' && !finding && !uncounted);
  if (last !== undefined && (last.at > source.at || holds(last.severities, scan.severities))) return true;
  return own.some(({ finding, at, severities }) => finding && at >= source.at && holds(severities, scan.severities));
}

function holds(known: Severities, findings: Severities): boolean {
  return JSON.stringify(worstSeverities([known])) === JSON.stringify(worstSeverities([known, findings]));
}
