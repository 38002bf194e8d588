import { existsSync, readFileSync } from 'node:fs';
import type { DeliveredEvent, Delivery } from '../../shared/domain/delivery.ts';
import type { JsonObject } from '../../shared/domain/json.ts';

/**
 * What `receivers.test.ts` needs to know of one sender. It lives in `test/fixtures/senders/<type>/row.ts` as `export const row:
 * ReceiverRow`, beside the bodies that it names and a SOURCES.md that says where their shape is documented. A type in
 * `shared/receivers/receivers.ts` without one fails the suite.
 */
export interface ReceiverRow {
  /** Two that the type takes, the current and the previous; [] for a type that takes none. */
  readonly secrets: readonly string[];
  /** As in the body of `PUT /v1/receivers/{name}`. */
  readonly settings?: JsonObject;
  readonly registry?: string;
  /** What proves this body, by header and by query. `now` is the service's time, epoch ms. */
  prove(call: ProofCall): Proof;
  /** Whether the proof covers every byte of the body. */
  readonly signsBody: boolean;
  /** What the service is given when it asks for public keys, by URL. */
  readonly keys?: Readonly<Record<string, Uint8Array>>;
  /** Default: the first of the type's `bodyTypes`. */
  readonly contentType?: string;
  /** The first one must make an event. At least one of them, or of `ignored`, for every kind of call of that sender. */
  readonly samples: readonly SenderSample[];
  /** Files of authentic calls that mean nothing to us. At least one. */
  readonly ignored: readonly (string | IgnoredSample)[];
  /** Bodies that are proven and wrong, with what the answer must name. */
  readonly malformed: readonly (readonly [body: string, names: RegExp])[];
  /** Fields whose keys are data, so that another key has a meaning. */
  readonly maps?: readonly string[];
  /** True where the whole body is part of the event, and every JSON object is one. */
  readonly keepsBody?: true;
  /** False where nothing in a call can tell it from another one like it, so that a replay is a delivery of its own. */
  readonly hasKey?: false;
}

export interface ProofCall {
  readonly body: Uint8Array;
  /** One of `secrets`; '' where there are none. */
  readonly secret: string;
  readonly now: number;
}

export interface Proof {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

export interface SenderSample {
  /** In the row's folder. */
  readonly file: string;
  /** Beside those of the proof, e.g. what names the event. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  /** What it means, as JSON: without the fields that are undefined. */
  readonly events: readonly ExpectedEvent[];
  readonly refusals?: Delivery['refusals'];
}

/** A DeliveredEvent as JSON: a digest is a string. */
export type ExpectedEvent = { readonly kind: DeliveredEvent['kind'] } & Readonly<Record<string, unknown>>;

export type IgnoredSample = Omit<SenderSample, 'events' | 'refusals'>;

export function readSample(type: string, file: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/senders/${type}/${file}`, import.meta.url));
}

/** Undefined where the sender has none, which the suite holds against it. */
export async function findRow(type: string): Promise<ReceiverRow | undefined> {
  const file = new URL(`../fixtures/senders/${type}/row.ts`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const module: { readonly row: ReceiverRow } = await import(/* @vite-ignore */ file.href);
  return module.row;
}
