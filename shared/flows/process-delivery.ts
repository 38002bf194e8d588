import type { DeliveredEvent, Delivery, Match } from '../domain/delivery.ts';
import { Failure, faultRecord } from '../domain/failure.ts';
import { addOutcomes } from '../domain/outcomes.ts';
import { canChange } from '../domain/permission.ts';
import { findSubscriptions, type Listening } from './find-subscriptions.ts';
import { type CarriedOutcomes, createCarriedOutcomes, hasReports } from './intake/carried-outcomes.ts';
import { concludePipeline } from './intake/conclude-pipeline.ts';
import type { EventContext, IntakePorts } from './intake/event-context.ts';
import type { Offer } from './intake/offer.ts';
import { recordReports } from './intake/record-reports.ts';
import { maxAttempts, saveConclusion } from './intake/save-conclusion.ts';
import { isSettled } from './intake/settle-event.ts';
import { matchEvent } from './match-event.ts';

/** `unknown`: there is no such delivery, or no longer. */
export type Processed = { readonly kind: 'processed' | 'failed' | 'unknown' };

/**
 * Records what a stored delivery says, asks every rule, starts what they want, and stores each rule's outcome. Safe to call at
 * any time, any number of times, at once: every effect is a conditional write under a name that the content gives.
 * What fails is thrown, so that the queue offers the delivery again; after ten times the delivery is `failed`.
 */
export async function processDelivery(ports: IntakePorts, deliveryId: string): Promise<Processed> {
  const { delivery, matches } = await ports.deliveries.findWithMatches(deliveryId);
  if (delivery === undefined) return { kind: 'unknown' };
  if (delivery.status !== 'pending' && !matches.some((match) => isDue(match, ports.clock.now()))) {
    return { kind: delivery.status };
  }
  try {
    return await processEvents(ports, delivery, matches);
  } catch (error) {
    if (await countAttempt(ports, deliveryId, error)) return { kind: 'failed' };
    throw error;
  }
}

async function processEvents(ports: IntakePorts, delivery: Delivery, matches: readonly Match[]): Promise<Processed> {
  const carried = createCarriedOutcomes(delivery);
  try {
    const rows = await processEach(ports, { delivery, matches, carried });
    const failed = [...matches, ...rows].some(({ status }) => status === 'failed');
    return await finish(ports, delivery, { status: failed ? 'failed' : 'processed', outcomes: carried.rows });
  } catch (error) {
    // It will come again, perhaps much later: what was decided by then is kept. A row that is not is decided again.
    await Promise.allSettled(carried.rows.map((match) => ports.deliveries.saveMatch(delivery.id, match)));
    throw error;
  }
}

interface DeliveryToProcess {
  readonly delivery: Delivery;
  readonly matches: readonly Match[];
  readonly carried: CarriedOutcomes;
}

async function processEach(
  ports: IntakePorts,
  { delivery, matches, carried }: DeliveryToProcess,
): Promise<readonly Match[]> {
  const refused = new Set(delivery.refusals.map(({ event }) => event));
  const rows: Match[] = [];
  for (const index of delivery.events.keys()) {
    if (refused.has(index)) continue;
    const known = matches.filter(({ event }) => event === index);
    if (delivery.status !== 'pending' && !known.some((match) => isDue(match, ports.clock.now()))) continue;
    rows.push(...(await processEvent(ports, { delivery, index, known, carried })));
  }
  return rows;
}

interface EventToProcess {
  readonly delivery: Delivery;
  readonly index: number;
  readonly known: readonly Match[];
  readonly carried: CarriedOutcomes;
}

async function processEvent(
  ports: IntakePorts,
  { delivery, index, known, carried: ofDelivery }: EventToProcess,
): Promise<readonly Match[]> {
  const event = delivery.events[index];
  if (event === undefined) return [];
  const context = { delivery, index, event, ...(await askedAbout(ports, delivery, event)) };
  const carried = hasReports(event) ? undefined : ofDelivery;
  const offers = await matchEvent(ports, context);
  const settled = await Promise.allSettled(
    [...groupByPipeline(offers)].map(([pipeline, group]) =>
      concludeGroup(ports, context, { pipeline, group, known, carried }),
    ),
  );
  const fault = settled.find((one) => one.status === 'rejected');
  if (fault !== undefined) throw fault.reason;
  await recordReports(ports, context);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

/** Of a replay that an owner asked for, the rules of what his groups own. */
async function askedAbout(ports: IntakePorts, { replayedBy }: Delivery, event: DeliveredEvent): Promise<Listening> {
  const found = await findSubscriptions(ports, event);
  if (replayedBy === undefined) return found;
  const names = [...new Set([...found.subscriptions, ...found.triggers].map(({ pipeline }) => pipeline))];
  const heads = await Promise.all(names.map((pipeline) => ports.pipelines.head(pipeline)));
  const own = new Set(heads.flatMap((head) => (head !== undefined && canChange(replayedBy, head) ? [head.name] : [])));
  return {
    subscriptions: found.subscriptions.filter(({ pipeline }) => own.has(pipeline)),
    triggers: found.triggers.filter(({ pipeline }) => own.has(pipeline)),
  };
}

interface Group {
  readonly pipeline: string;
  readonly group: readonly Offer[];
  readonly known: readonly Match[];
  readonly carried: CarriedOutcomes | undefined;
}

/** Rows that ended are left as they are, and a pipeline all of whose rows ended is not asked again. */
async function concludeGroup(
  ports: IntakePorts,
  context: EventContext,
  { pipeline, group, known, carried }: Group,
): Promise<readonly Match[]> {
  const rowOf = (source: string) => known.find((row) => row.pipeline === pipeline && row.source === source);
  const isOpen = (source: string) => (rowOf(source)?.status ?? 'pending') === 'pending';
  if (!group.some(({ subscription }) => isOpen(subscription.source))) return [];
  const conclusions = await concludePipeline(ports, context, group);
  const rows: Match[] = [];
  for (const conclusion of conclusions.filter(({ source }) => isOpen(source))) {
    const { delivery, index: event } = context;
    const row = { delivery, event, pipeline, conclusion, known: rowOf(conclusion.source), carried };
    rows.push(await saveConclusion(ports, row));
  }
  return rows;
}

function groupByPipeline(offers: readonly Offer[]): ReadonlyMap<string, readonly Offer[]> {
  return Map.groupBy(offers, ({ subscription }) => subscription.pipeline);
}

function isDue({ status, nextAt }: Match, now: number): boolean {
  return status === 'pending' && (nextAt ?? 0) <= now;
}

interface Finished {
  readonly status: 'processed' | 'failed';
  readonly outcomes: readonly Match[];
}

/** Ends the delivery for now: its rows that still wait come back by themselves. */
async function finish(ports: IntakePorts, delivery: Delivery, { status, outcomes }: Finished): Promise<Processed> {
  let present = mayHaveChanged(delivery) ? await ports.deliveries.find(delivery.id) : delivery;
  for (let tries = 0; tries < 8 && present !== undefined; tries++) {
    const { replayedBy: _, outcomes: before = [], ...rest } = present;
    const all = addOutcomes(before, outcomes);
    if (present.status === status && all === before) return { kind: status };
    const ended = { ...rest, status, ...(all.length === 0 ? {} : { outcomes: all }) };
    if ((await ports.deliveries.save(ended)) !== undefined) return { kind: status };
    present = await ports.deliveries.find(delivery.id);
  }
  if (present === undefined) return { kind: 'unknown' };
  throw new Failure('conflict', `Delivery ${delivery.id} is being changed too often at once.`);
}

/** Whether processing writes into the events: a look is cheaper than a write that is refused. */
function mayHaveChanged({ events }: Delivery): boolean {
  return events.some((event) => !isSettled(event) || hasReports(event));
}

/** Whether that was the last attempt. If the store is what fails, nothing is counted, and that is right. */
async function countAttempt(ports: IntakePorts, id: string, error: unknown): Promise<boolean> {
  const present = await ports.deliveries.find(id);
  if (present === undefined || present.status !== 'pending') return false;
  const attempts = present.attempts + 1;
  const failed = attempts >= maxAttempts;
  const fault = faultRecord(error);
  const saved = await ports.deliveries.save({
    ...present,
    attempts,
    status: failed ? 'failed' : 'pending',
    error: fault,
  });
  const fields = { deliveryId: id, receiver: present.receiver, attempts, error };
  if (failed) ports.metrics.add('deliveriesFailed');
  if (failed) ports.log.error('A delivery failed too often; it can be replayed.', fields);
  else ports.log.warn('A delivery could not be processed; it will be offered again.', fields);
  if (failed && saved !== undefined) await ports.receivers.countFailure(present.receiver);
  return failed && saved !== undefined;
}
