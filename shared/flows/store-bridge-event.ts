import type { BridgeEvent } from '../domain/bridge-event.ts';
import type { Ports } from '../ports/ports.ts';
import { parseEcrEvent } from '../receivers/ecr.ts';
import type { Parsed } from '../receivers/receiver-type.ts';
import { type OwnDelivery, ownDelivery } from './store-own-delivery.ts';

interface Source {
  /** Under whose name its events are recorded (ruling 7). */
  readonly receiver: OwnDelivery['receiver'];
  /** Absent = its events say nothing to us yet. */
  readonly parse?: (event: BridgeEvent) => Parsed;
}

const sources: Readonly<Record<string, Source>> = {
  'aws.ecr': { receiver: 'ecr', parse: parseEcrEvent },
  'aws.inspector2': { receiver: 'inspector2' },
  'aws.codebuild': { receiver: 'codebuild' },
  'aws.codepipeline': { receiver: 'codepipeline' },
};

export type StoredBridgeEvent =
  | { readonly kind: 'stored'; readonly deliveryId: string }
  /** It will never be anything else: nothing is stored. */
  | { readonly kind: 'malformed'; readonly message: string };

/**
 * Makes an event of EventBridge a delivery, once, under its own id; without events if they are of no interest. It is not put
 * into the queue: it came from there, and comes again until it is processed.
 */
export async function storeBridgeEvent(
  ports: Pick<Ports, 'clock' | 'deliveries' | 'sha256'>,
  event: BridgeEvent,
): Promise<StoredBridgeEvent> {
  const source = Object.hasOwn(sources, event.source) ? sources[event.source] : undefined;
  if (source === undefined) {
    return { kind: 'malformed', message: `Events of ${event.source} (${event.id}) have no place here.` };
  }
  const parsed = source.parse?.(event) ?? { kind: 'events', events: [] };
  if (parsed.kind === 'malformed') return parsed;
  const { receiver } = source;
  const delivery = ownDelivery(ports, { receiver, key: event.id, events: parsed.events });
  await ports.deliveries.accept(delivery);
  return { kind: 'stored', deliveryId: delivery.id };
}
