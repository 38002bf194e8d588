import type { DeliveredEvent, RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';

/** What a sender must prove itself against. `secrets` holds the current one and, while it is being changed, the previous one. */
export interface ProofContext {
  readonly secrets: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** The owner said that this sender needs no proof; heeded only by types that have none (contract 5). */
  readonly allowUnsigned: boolean;
  /** Epoch ms. */
  readonly now: number;
}

export interface ParseContext {
  /** The host for senders that do not say it, or say what their client typed. */
  readonly registry?: string;
}

export type Parsed =
  | {
      readonly kind: 'events';
      readonly events: readonly DeliveredEvent[];
      /** The same for the same call sent again; absent where nothing in it can tell (design 4). */
      readonly key?: string;
    }
  | { readonly kind: 'malformed'; readonly message: string };

/** One kind of sender: pure, so that a delivery and a secret decide everything. */
export interface ReceiverType {
  /** What `PUT /v1/receivers` calls it. */
  readonly type: string;
  /** Media types of bodies that it reads, lower case, without parameters. */
  readonly bodyTypes: readonly string[];
  /** Why a secret cannot be one of this type; undefined = it can. Never repeats the secret. */
  secretFault(secret: string): string | undefined;
  /** Undefined for every fault of proof alike: what was wrong is nobody's to learn. */
  verify(raw: RawDelivery, context: ProofContext): VerifiedDelivery | undefined;
  /** Only what was verified is read (promise 3). Events of no interest are left out. */
  parse(delivery: VerifiedDelivery, context: ParseContext): Parsed;
}
