import type { Delivery, TestEvent } from '../../domain/delivery.ts';
import { Failure, type FaultRecord } from '../../domain/failure.ts';
import { judgeReport, type TestVerdict } from '../../domain/reports/test-verdict.ts';
import { reportText } from '../read-claimed-report.ts';
import { recordTest } from '../record-test.ts';
import { type EventContext, factSource, type IntakePorts } from './event-context.ts';

/**
 * Records a test that its sender told of. Where the report came along, what the sender claims must be what the report says;
 * else nothing is recorded, and the delivery says why.
 */
export async function recordTestEvent(ports: IntakePorts, context: EventContext<TestEvent>): Promise<void> {
  const { event } = context;
  if (event.given === undefined) return recordTest(ports, event, factSource(context));
  const verdict = await readGiven(event, event.given);
  if (verdict.kind !== 'ok') return saveFault(ports, context, verdict.fault);
  const { outcome, coverage, report } = verdict;
  await recordTest(ports, { ...event, outcome, coverage, report }, factSource(context));
}

async function readGiven(
  { outcome, coverage }: TestEvent,
  given: NonNullable<TestEvent['given']>,
): Promise<Extract<TestVerdict, { kind: 'ok' }> | { readonly kind: 'refused'; readonly fault: FaultRecord }> {
  // Only who reads reports loads the parsers.
  const { readReport } = await import('../../domain/reports/read-report.ts');
  const read = readReport(given.format, reportText(given.content));
  if (read.kind === 'invalid') return refused('reportUnreadable', `The report ${read.message}.`);
  const verdict = judgeReport({ outcome, coverage }, read.report);
  if (verdict.kind === 'ok') return verdict;
  return refused('reportContradicted', `The ${verdict.path} ${verdict.message}.`);
}

function refused(code: string, message: string): { readonly kind: 'refused'; readonly fault: FaultRecord } {
  return { kind: 'refused', fault: { code, message } };
}

async function saveFault(
  ports: IntakePorts,
  { delivery, index }: EventContext<TestEvent>,
  fault: FaultRecord,
): Promise<void> {
  for (let tries = 0; tries < 8; tries++) {
    const present = await ports.deliveries.find(delivery.id);
    const told = present?.events[index];
    if (present === undefined || told?.kind !== 'test' || told.fault?.message === fault.message) return;
    const events: Delivery['events'] = present.events.map((event, at) => (at === index ? { ...told, fault } : event));
    if ((await ports.deliveries.save({ ...present, events })) !== undefined) return;
  }
  throw new Failure('conflict', `Delivery ${delivery.id} is being changed too often at once.`);
}
