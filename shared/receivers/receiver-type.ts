import type { z } from 'zod';
import type { DeliveredEvent, Delivery, RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';
import type { JsonObject } from '../domain/json.ts';

/** What a sender must prove itself against. `secrets` holds the current one and, while it is being changed, the previous one. */
export interface ProofContext {
  readonly secrets: readonly string[];
  /** As `settings` of the type parsed them; {} where it has none. */
  readonly settings: JsonObject;
  /** The owner said that this sender needs no proof; heeded only by types with `proof: 'query'` (contract 5). */
  readonly allowUnsigned: boolean;
  /** Epoch ms. */
  readonly now: number;
  /** What the sender was told to post to, for those that sign it. */
  readonly hookUrl?: string;
  /** What `keysNeeded` asked for; absent where it asked for nothing. */
  readonly keys?: Uint8Array;
}

export interface ParseContext {
  /** The host for senders that do not say it, or say what their client typed. */
  readonly registry?: string;
  readonly settings: JsonObject;
  /** Its name. */
  readonly receiver: string;
}

/** An answer that a sender asks for before it sends. */
export interface Handshake {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Public keys by URL: a JWKS, or one PEM certificate. */
export interface KeysNeeded {
  readonly kind: 'jwks' | 'certificate';
  readonly url: string;
}

export type Parsed =
  | {
      readonly kind: 'events';
      readonly events: readonly DeliveredEvent[];
      /** Events that no rule is to be asked for, by their index in `events`, e.g. `unmappedVariable`. */
      readonly refusals?: Delivery['refusals'];
      /** The reserved name that its facts are recorded under, where the receiver hands on what another says (ruling 7). */
      readonly reporter?: string;
      /** The same for the same call sent again; absent where nothing in it can tell (design 4). */
      readonly key?: string;
    }
  | { readonly kind: 'malformed'; readonly message: string };

/** One kind of sender: pure, so that a delivery, a secret and public keys decide everything. */
export interface ReceiverType {
  /** What `PUT /v1/receivers` calls it. */
  readonly type: string;
  /** Media types of bodies that it reads, lower case, without parameters. */
  readonly bodyTypes: readonly string[];
  /** `own`: the sender proves itself. `query`: it cannot, so `?secret=` in its URL, or `allowUnsigned`; never `signed`. */
  readonly proof: 'own' | 'query';
  /** False where public keys are all the proof; a secret is then refused. */
  readonly takesSecret?: false;
  /** True where nothing but `registry` says the host. */
  readonly needsRegistry?: true;
  /** A strict shape of what this type is told beyond what every receiver is; absent = nothing. Read once, at PUT. */
  readonly settings?: z.ZodType<JsonObject>;
  /** Why a secret cannot be one of this type; undefined = it can. Never repeats the secret. */
  secretFault(secret: string, settings: JsonObject): string | undefined;
  /** Public keys that `verify` will need. Asked first, so everything cheap is to be checked before naming a URL of the sender's. */
  keysNeeded?(raw: RawDelivery, context: ProofContext): KeysNeeded | undefined;
  /** Undefined for every fault of proof alike: what was wrong is nobody's to learn. */
  verify(raw: RawDelivery, context: ProofContext): VerifiedDelivery | undefined;
  /** The answer to an OPTIONS call on the hook (CloudEvents' abuse protection). It carries no proof and promises nothing. */
  preflight?(raw: RawDelivery): Handshake | undefined;
  /**
   * The answer to a call that is a question and no delivery; undefined = it is a delivery. Asked before the proof, since senders
   * ask before they know it: the answer may repeat a bounded word of the question and promise nothing.
   */
  handshake?(raw: RawDelivery): Handshake | undefined;
  /** Only what was verified is read (promise 3). Events of no interest are left out. Never throws. */
  parse(delivery: VerifiedDelivery, context: ParseContext): Parsed;
}
