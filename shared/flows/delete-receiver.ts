import type { Caller } from '../domain/caller.ts';
import { receiverSecretName } from '../domain/receiver-secret.ts';
import type { Ports } from '../ports/ports.ts';
import { mayChangeReceivers } from './put-receiver.ts';

/** Shuts the door first, then forgets its secret. Deliveries and facts that came through it stay. */
export async function deleteReceiver(
  ports: Pick<Ports, 'receivers' | 'secrets'>,
  { caller, name }: { readonly caller: Caller; readonly name: string },
): Promise<'deleted' | 'notFound' | 'forbidden'> {
  if (!mayChangeReceivers(caller)) return 'forbidden';
  const found = await ports.receivers.find(name);
  await ports.receivers.remove(name);
  await ports.secrets.remove(receiverSecretName(name));
  return found === undefined ? 'notFound' : 'deleted';
}
