import type { RawDelivery } from '../domain/delivery.ts';
import type { Ports } from '../ports/ports.ts';
import type { Handshake } from '../receivers/receiver-type.ts';
import { findReceiverType } from '../receivers/receivers.ts';

export type PreflightAnswer =
  | { readonly kind: 'handshake'; readonly answer: Handshake }
  | { readonly kind: 'unknownHook' }
  /** This sender asks nothing beforehand. */
  | { readonly kind: 'notAsked' };

/** Answers an OPTIONS call on a hook: whether its sender may send at all. What it then sends has to prove itself as ever. */
export async function answerPreflight(
  ports: Pick<Ports, 'receivers'>,
  { hookId, raw }: { readonly hookId: string; readonly raw: RawDelivery },
): Promise<PreflightAnswer> {
  const receiver = await ports.receivers.findByHook(hookId);
  const type = receiver && (await findReceiverType(receiver.type));
  if (type === undefined) return { kind: 'unknownHook' };
  const answer = type.preflight?.(raw);
  return answer === undefined ? { kind: 'notAsked' } : { kind: 'handshake', answer };
}
