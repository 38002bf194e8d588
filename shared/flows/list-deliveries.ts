import { imageArtifact } from '../domain/artifact-identity.ts';
import type { Caller } from '../domain/caller.ts';
import type { DeliveredEvent, Delivery, Match } from '../domain/delivery.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { reservedReceivers } from '../domain/receiver.ts';
import type { Ports } from '../ports/ports.ts';
import { mayKnow } from './asking.ts';
import { collectVisible } from './collect-visible.ts';
import { mayChangeReceivers } from './put-receiver.ts';
import { createReadAccess } from './read-access.ts';

type DeliveryPorts = Pick<Ports, 'accounts' | 'artifacts' | 'deliveries' | 'pipelines' | 'receivers' | 'sha1'>;

/** A delivery with the outcomes that its reader may see, and among them those that the receiver's bounds gave. */
export interface DeliveryView {
  readonly delivery: Delivery;
  /** Sorted by event. `pipeline` is '' where no rule was asked. */
  readonly matches: readonly Match[];
}

export interface ListDeliveries extends PageRequest {
  readonly caller: Caller;
  readonly receiver?: string;
  /** Epoch ms. */
  readonly since?: number;
}

/** Newest first; to readers of a pipeline that met them, the others to operators and admins (ruling 12). */
export async function listDeliveries(ports: DeliveryPorts, request: ListDeliveries): Promise<Page<DeliveryView>> {
  const { caller, receiver, since, limit, cursor } = request;
  const receivers = receiver === undefined ? await everyReceiver(ports) : [receiver];
  const look = createLook(ports, caller);
  const views = new Map<string, DeliveryView>();
  const page = await collectVisible(
    { limit, cursor },
    (wanted) => ports.deliveries.list({ ...wanted, receivers, since }),
    async (delivery) => {
      const view = await look(delivery);
      if (view !== undefined) views.set(delivery.id, view);
      return view !== undefined;
    },
  );
  const items = page.items.flatMap(({ id }) => views.get(id) ?? []);
  return page.next === undefined ? { items } : { items, next: page.next };
}

/** Undefined also for what the caller may not see. */
export async function findDelivery(
  ports: DeliveryPorts,
  { caller, id }: { readonly caller: Caller; readonly id: string },
): Promise<DeliveryView | undefined> {
  const delivery = await ports.deliveries.find(id);
  return delivery && createLook(ports, caller)(delivery);
}

async function everyReceiver(ports: DeliveryPorts): Promise<readonly string[]> {
  return [...reservedReceivers, ...(await ports.receivers.list()).map(({ name }) => name)];
}

/** Shows a delivery as far as the caller may see it; each pipeline's head is read once. */
function createLook(ports: DeliveryPorts, caller: Caller): (delivery: Delivery) => Promise<DeliveryView | undefined> {
  const mayRead = createReadAccess(ports, caller);
  const seesAll = mayChangeReceivers(caller);
  return async ({ outcomes: _, ...delivery }) => {
    const matches: Match[] = [];
    for (const match of await ports.deliveries.matches(delivery.id)) {
      if (await mayRead(match.pipeline)) matches.push(match);
    }
    const sorted = [...(seesAll ? refusalRows(delivery) : []), ...matches].sort((a, b) => a.event - b.event);
    if (seesAll) return { delivery, matches: sorted };
    return matches.length === 0 ? undefined : ownEvents(ports, { delivery, matches: sorted });
  };
}

/** Of a delivery that speaks of several repositories, what the caller's pipelines met; events are counted anew. */
async function ownEvents(ports: DeliveryPorts, { delivery, matches }: DeliveryView): Promise<DeliveryView> {
  const met = [...Map.groupBy(matches, (match) => match.event)];
  const events: DeliveredEvent[] = [];
  for (const [index, rows] of met) {
    const event = delivery.events[index];
    if (event === undefined) continue;
    const pipelines = rows.map(({ pipeline }) => pipeline);
    events.push(await asKnown(ports, event, pipelines));
  }
  const place = new Map(met.map(([index], at) => [index, at]));
  const { error, ...rest } = delivery;
  return {
    // What went wrong with the delivery may be about what is left out.
    delivery: { ...rest, ...(met.length === delivery.events.length ? { error } : {}), events, refusals: [] },
    matches: matches.map((match) => ({ ...match, event: place.get(match.event) ?? 0 })),
  };
}

/** A digest that we looked up with an account that none of the pipelines may use is none that came with the event. */
async function asKnown(
  ports: DeliveryPorts,
  event: DeliveredEvent,
  pipelines: readonly string[],
): Promise<DeliveredEvent> {
  if ((event.kind !== 'push' && event.kind !== 'scan') || event.resolvedAt === undefined) return event;
  const { digest, resolvedAt: _, movedSince: __, ...asSent } = event;
  if (digest === undefined) return event;
  const recorded = await ports.artifacts.find(imageArtifact({ ...event, digest }, ports.sha1).uuid);
  return recorded === undefined || (await mayKnow(ports, recorded, { pipelines })) ? event : asSent;
}

function refusalRows({ refusals }: Delivery): readonly Match[] {
  const row = { pipeline: '', source: '', matched: false, status: 'done', attempts: 1, rev: 1 } as const;
  return refusals.map((refusal) => ({ ...row, ...refusal }));
}
