import type { Delivery, RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';
import { deliveryId } from '../domain/delivery-key.ts';
import { hookPath, type Receiver } from '../domain/receiver.ts';
import { refuseEvents } from '../domain/receiver-bounds.ts';
import { openReceiverSecrets, receiverSecretName } from '../domain/receiver-secret.ts';
import type { Ports } from '../ports/ports.ts';
import type { Handshake, Parsed, ReceiverType } from '../receivers/receiver-type.ts';
import { findReceiverType, prepareReceiverTypes } from '../receivers/receivers.ts';
import { acceptDelivery, firstStatus } from './intake/accept-delivery.ts';
import { fetchKeys } from './intake/fetch-keys.ts';

type ReceivePorts = Pick<
  Ports,
  | 'clock'
  | 'deliveries'
  | 'log'
  | 'outbound'
  | 'publicUrl'
  | 'queue'
  | 'randomness'
  | 'receivers'
  | 'secrets'
  | 'sha256'
>;

/** With whose door it was, for the log: the receiver's name and what kind of sender it is. */
export type ReceiveAnswer = Outcome & { readonly receiver?: string; readonly sender?: string };

type Outcome =
  /** Durable. Of a duplicate, the first one's id. */
  | { readonly kind: 'accepted'; readonly deliveryId: string; readonly events: number }
  | { readonly kind: 'unknownHook' }
  /** It was a question of the sender's, and this is the answer. */
  | { readonly kind: 'handshake'; readonly answer: Handshake }
  /** Whatever was wrong with the proof. */
  | { readonly kind: 'unproven' }
  | { readonly kind: 'unsupportedMediaType'; readonly message: string }
  | { readonly kind: 'malformed'; readonly message: string };

export interface ReceiveInput {
  /** The last part of the hook's URL. */
  readonly hookId: string;
  /** The door has bounded its size. */
  readonly raw: RawDelivery;
}

/**
 * Takes one call of a sender: proof first, over the raw bytes, then its form, then one durable write. Answers in the order
 * of contract 4; throws only when the table cannot be written or keys be had, and then the sender will come again.
 */
export async function receiveDelivery(ports: ReceivePorts, { hookId, raw }: ReceiveInput): Promise<ReceiveAnswer> {
  prepareReceiverTypes();
  const receiver = await ports.receivers.findByHook(hookId);
  const type = receiver && (await findReceiverType(receiver.type));
  if (receiver === undefined || type === undefined) return { kind: 'unknownHook' };
  return { ...(await receiveFor(ports, { receiver, type, raw })), receiver: receiver.name, sender: type.type };
}

interface Call {
  readonly receiver: Receiver;
  readonly type: ReceiverType;
  readonly raw: RawDelivery;
}

async function receiveFor(ports: ReceivePorts, { receiver, type, raw }: Call): Promise<Outcome> {
  const answer = type.handshake?.(raw);
  if (answer !== undefined) return { kind: 'handshake', answer };
  const verified = await verify(ports, { receiver, type, raw });
  if (verified === undefined) {
    await countRefusedProof(ports, receiver.name);
    return { kind: 'unproven' };
  }
  if (!type.bodyTypes.includes(mediaType(raw))) {
    return { kind: 'unsupportedMediaType', message: `The body must be ${type.bodyTypes.join(' or ')}.` };
  }
  const { registry, settings } = receiver;
  const parsed = type.parse(verified, { registry, settings, receiver: receiver.name });
  if (parsed.kind === 'malformed') return parsed;
  const stored = await acceptDelivery(ports, newDelivery(ports, { receiver, verified, parsed }));
  return { kind: 'accepted', deliveryId: stored.id, events: stored.events.length };
}

async function verify(ports: ReceivePorts, { receiver, type, raw }: Call): Promise<VerifiedDelivery | undefined> {
  const secrets = openReceiverSecrets(await ports.secrets.get(receiverSecretName(receiver.name)));
  const { settings, allowUnsigned } = receiver;
  const hookUrl = `${ports.publicUrl}${hookPath(receiver)}`;
  const context = { secrets, settings, allowUnsigned, hookUrl, now: ports.clock.now() };
  const needed = type.keysNeeded?.(raw, context);
  if (needed === undefined) return type.verify(raw, context);
  const keys = await fetchKeys(ports, needed);
  return keys && type.verify(raw, { ...context, keys });
}

/** A count that is lost changes nothing of the answer. */
async function countRefusedProof(ports: ReceivePorts, receiver: string): Promise<void> {
  try {
    await ports.receivers.countRefusedProof(receiver);
  } catch (error) {
    ports.log.warn('A refused proof could not be counted.', { receiver, error });
  }
}

function mediaType(raw: RawDelivery): string {
  return (raw.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

interface Accepted {
  readonly receiver: Receiver;
  readonly verified: VerifiedDelivery;
  readonly parsed: Extract<Parsed, { kind: 'events' }>;
}

function newDelivery(ports: ReceivePorts, { receiver, verified, parsed }: Accepted): Delivery {
  const { events } = parsed;
  const refusals = allRefusals(receiver, parsed);
  return {
    id: deliveryId(receiver.name, parsed.key ?? ports.randomness.hex(16), ports.sha256),
    receiver: receiver.name,
    reporter: parsed.reporter,
    receivedAt: verified.receivedAt,
    signed: verified.signed,
    ...(verified.unsignedBody === undefined ? {} : { unsignedBody: verified.unsignedBody }),
    status: firstStatus({ events, refusals }),
    events,
    refusals,
    attempts: 0,
    rev: 0,
  };
}

/** Bounds first: what a receiver may not speak of says nothing else. One refusal an event. */
function allRefusals(receiver: Receiver, { events, refusals = [] }: Accepted['parsed']): Delivery['refusals'] {
  const outside = refuseEvents(receiver.repositories, events);
  return [...outside, ...refusals.filter(({ event }) => !outside.some((one) => one.event === event))];
}
