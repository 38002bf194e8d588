import type { Delivery, ScanEvent } from '../../domain/delivery.ts';
import type { Digest } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import type { Asker } from '../../ports/registry-client.ts';
import type { ScanResult } from '../../ports/scan-results.ts';
import type { EventContext, IntakePorts } from './event-context.ts';
import { registryRefusal } from './registry-refusal.ts';

type SettledScan = ScanEvent & { readonly digest: Digest };

/**
 * A scan with its numbers: where the event carries none they are asked from the scanner's API, once, and written into the stored
 * delivery, so that every later look means the same. Failure registryUnavailable: to be tried again.
 */
export async function readBackScan(
  ports: IntakePorts,
  { delivery, index, subscriptions }: EventContext,
  scan: SettledScan,
): Promise<SettledScan> {
  if (scan.status !== 'complete' || scan.uncounted !== true || scan.readBackAt !== undefined) return scan;
  const asker = { pipelines: subscriptions.map(({ pipeline }) => pipeline) };
  const result = await askScanner(ports, scan, asker);
  if (result === undefined) return scan;
  const counted = withResult(scan, result, ports.clock.now());
  let present = await ports.deliveries.find(delivery.id);
  for (let tries = 0; tries < 8 && present !== undefined; tries++) {
    const stored = present.events[index];
    if (stored?.kind === 'scan' && stored.readBackAt !== undefined) return { ...stored, digest: scan.digest };
    const events: Delivery['events'] = present.events.map((one, at) => (at === index ? counted : one));
    if ((await ports.deliveries.save({ ...present, events })) !== undefined) return counted;
    present = await ports.deliveries.find(delivery.id);
  }
  throw new Failure('conflict', `Delivery ${delivery.id} is being changed too often at once.`);
}

/** Undefined = it will not tell us. That is not written down: once it may, a replay asks again. */
async function askScanner(ports: IntakePorts, scan: SettledScan, asker: Asker): Promise<ScanResult | undefined> {
  const { repository, digest } = scan;
  try {
    return await ports.scanResults.read(repository, digest, asker);
  } catch (error) {
    const refusal = registryRefusal(error);
    if (refusal === undefined) throw error;
    ports.log.warn('A scan could not be read back.', { repository, digest, ...refusal });
    return undefined;
  }
}

function withResult(scan: SettledScan, result: ScanResult, readBackAt: number): SettledScan {
  const { uncounted, ...rest } = scan;
  switch (result.kind) {
    case 'complete':
      return { ...rest, severities: result.severities, ...scannerOf(result), readBackAt };
    case 'failed':
      return { ...rest, status: 'failed', readBackAt };
    case 'unknown':
      return { ...scan, readBackAt };
  }
}

function scannerOf({ scanner }: Extract<ScanResult, { kind: 'complete' }>): Pick<ScanEvent, 'scanner'> {
  return scanner === undefined ? {} : { scanner };
}
