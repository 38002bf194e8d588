import type { TestEvent } from '../domain/delivery.ts';
import type { Ports } from '../ports/ports.ts';
import { addFact, type FactSource } from './intake/add-fact.ts';
import { recordImage } from './intake/record-image.ts';
import { wakeFactWaiters } from './wake.ts';

type TestPorts = Pick<Ports, 'artifacts' | 'executions' | 'orchestrator' | 'sha1' | 'sha256' | 'clock'>;

/** Records how a test of an image ended, and wakes the gates that wait for it. */
export async function recordTest(ports: TestPorts, test: TestEvent, source: FactSource): Promise<void> {
  const { repository, digest, name, outcome, coverage, report } = test;
  const recorded = await recordImage(ports, { repository, digest, at: source.at });
  const body = { kind: 'tested', name, outcome, coverage, report } as const;
  await addFact(ports, recorded.artifact.uuid, { source, body });
  await wakeFactWaiters(ports, digest);
}
