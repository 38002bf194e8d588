import { queueMessage } from '../../shared/contracts/queue-message.ts';
import { readWith } from '../../shared/contracts/schema.ts';
import { processDelivery } from '../../shared/flows/process-delivery.ts';
import { storeBridgeEvent } from '../../shared/flows/store-bridge-event.ts';
import type { Ports } from '../../shared/ports/ports.ts';

/**
 * Throws where it has to come again. A message that nobody can read never succeeds: it goes the queue's way to the dead
 * letters, where a person finds it.
 */
export async function processMessage(ports: Ports, body: string): Promise<void> {
  const deliveryId = await deliveryOf(ports, body);
  ports.calls?.about({ deliveryId, correlation_id: deliveryId });
  await processDelivery(ports, deliveryId);
}

/** An EventBridge event is stored first, under its own id, so that told twice it is one delivery. */
async function deliveryOf(ports: Ports, body: string): Promise<string> {
  const read = readWith(queueMessage, JSON.parse(body));
  if (read.kind === 'invalid') throw new Error('The message is neither a delivery id nor an EventBridge event.');
  const message = read.value;
  if ('deliveryId' in message) return message.deliveryId;
  const stored = await storeBridgeEvent(ports, message);
  if (stored.kind === 'malformed') throw new Error(stored.message);
  return stored.deliveryId;
}
