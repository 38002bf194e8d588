import type { Caller } from '../domain/caller.ts';
import { hookPath, type Receiver } from '../domain/receiver.ts';
import type { Ports } from '../ports/ports.ts';
import { mayChangeReceivers } from './put-receiver.ts';

export interface ReceiverView extends Receiver {
  readonly url: string;
  /** Epoch ms. */
  readonly lastDeliveryAt?: number;
}

/** Every receiver with when it last delivered; secrets are elsewhere and never read here. Undefined = not for this caller. */
export async function listReceivers(
  ports: Pick<Ports, 'deliveries' | 'receivers'>,
  caller: Caller,
): Promise<readonly ReceiverView[] | undefined> {
  if (!mayChangeReceivers(caller)) return undefined;
  return Promise.all((await ports.receivers.list()).map((receiver) => view(ports, receiver)));
}

async function view(ports: Pick<Ports, 'deliveries'>, receiver: Receiver): Promise<ReceiverView> {
  const { items } = await ports.deliveries.list({ receivers: [receiver.name], limit: 1 });
  return { ...receiver, url: hookPath(receiver), lastDeliveryAt: items[0]?.receivedAt };
}
