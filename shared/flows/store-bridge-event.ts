import type { BridgeEvent } from '../domain/bridge-event.ts';
import { refuseEvents } from '../domain/receiver-bounds.ts';
import type { Ports } from '../ports/ports.ts';
import { findBridgeSource, parseBridgeEvent } from '../receivers/bridge-events.ts';
import { ownDelivery } from './store-own-delivery.ts';

/** The receiver whose settings say what builds of AWS publish; its hook is not needed on AWS. */
const builds = { name: 'eventbridge', type: 'eventbridge' };

export type StoredBridgeEvent =
  | { readonly kind: 'stored'; readonly deliveryId: string }
  /** It will never be anything else: nothing is stored. */
  | { readonly kind: 'malformed'; readonly message: string };

type BridgePorts = Pick<Ports, 'clock' | 'deliveries' | 'receivers' | 'sha256'>;

/**
 * Makes an event of EventBridge a delivery, once, under its own id; without events if they are of no interest. It is not put
 * into the queue: it came from there, and comes again until it is processed.
 */
export async function storeBridgeEvent(ports: BridgePorts, event: BridgeEvent): Promise<StoredBridgeEvent> {
  const source = findBridgeSource(event);
  if (source === undefined) {
    return { kind: 'malformed', message: `Events of ${event.source} (${event.id}) have no place here.` };
  }
  const receiver = source.builds ? await findBuildReceiver(ports) : undefined;
  const parsed = parseBridgeEvent(source, event, receiver?.settings ?? {});
  if (parsed.kind === 'malformed') return parsed;
  const { events, refusals = [] } = parsed;
  // Images of builds are what somebody exported: they are bounded as if they came through the receiver's hook.
  const outside = receiver === undefined ? [] : refuseEvents(receiver.repositories, events);
  const refused = outside.length > 0 ? outside : refusals;
  const delivery = ownDelivery(ports, { receiver: source.reporter, key: event.id, events, refusals: refused });
  await ports.deliveries.accept(delivery);
  return { kind: 'stored', deliveryId: delivery.id };
}

async function findBuildReceiver(ports: Pick<Ports, 'receivers'>) {
  const receiver = await ports.receivers.find(builds.name);
  return receiver?.type === builds.type ? receiver : undefined;
}
