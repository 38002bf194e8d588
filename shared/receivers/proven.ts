import type { RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';

/** Marks a delivery as proven. The brand has no value, so this is the one cast behind promise 3: only `verify` may call it. */
export function proven(
  raw: RawDelivery,
  proof: { readonly signed: boolean; readonly unsignedBody?: true; readonly senderId?: string },
): VerifiedDelivery {
  return { ...raw, ...proof } as VerifiedDelivery;
}
