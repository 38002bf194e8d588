import * as z from 'zod/mini';
import type { TableIndex } from '../../contracts/table-keys.ts';
import { Failure } from '../../domain/failure.ts';
import type { ItemKey } from './key.ts';
import type { Attributes } from './operations.ts';

/** Version of the stored shape. A reader that meets another refuses it rather than guess. */
const itemVersion = '1';

/**
 * One kind of stored body. Bodies are one JSON text each: numbers stay exact, and encoding costs one `JSON.stringify`
 * instead of a walk over typed attributes. Only what conditions and indexes need stands beside it.
 */
export interface ItemKind<T extends object> {
  readonly name: string;
  isBody(body: unknown): body is T;
}

/** `shape` checks what the stores and flows branch on, not every field: our own writer made the text. */
export function itemKind<T extends object>(name: string, shape: z.core.$ZodLooseShape): ItemKind<T> {
  // Made when the first of its kind is read: a function knows forty kinds and reads a few.
  let schema: z.ZodMiniType | undefined;
  return {
    name,
    isBody: (body): body is T => {
      schema ??= z.looseObject(shape);
      return schema.safeParse(body).success;
    },
  };
}

export type IndexKeys = { readonly [index in TableIndex]?: readonly [partition: string, sort: string] };

export interface ItemHead {
  readonly indexes?: IndexKeys;
  /** Epoch milliseconds; the table deletes the item some time after. */
  readonly expiresAt?: number;
}

/** In place, as text or packed (raw deflate of the text), or `blob`: under that key the BlobStore has the text. */
export type StoredBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'packed'; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly blob: string };

export interface StoredItem {
  readonly key: ItemKey;
  readonly kind: string;
  readonly body: StoredBody;
  readonly expiresAt?: number;
}

export function toAttributes(
  key: ItemKey,
  item: ItemHead & { readonly kind: string; readonly rev: number; readonly body: StoredBody },
): Attributes {
  const attributes: Attributes = {
    pk: { S: key.pk },
    sk: { S: key.sk },
    v: { N: itemVersion },
    kind: { S: item.kind },
    rev: { N: String(item.rev) },
  };
  if (item.body.kind === 'blob') attributes.blob = { S: item.body.blob };
  else attributes.body = item.body.kind === 'text' ? { S: item.body.text } : { B: item.body.bytes };
  if (item.expiresAt !== undefined) attributes.expiresAt = { N: String(Math.ceil(item.expiresAt / 1000)) };
  for (const [index, keys] of Object.entries(item.indexes ?? {})) {
    attributes[`${index}pk`] = { S: keys[0] };
    attributes[`${index}sk`] = { S: keys[1] };
  }
  return attributes;
}

const text = z.object({ S: z.string() });
const envelope = z.object({
  pk: text,
  sk: text,
  v: z.object({ N: z.literal(itemVersion) }),
  kind: text,
  rev: z.object({ N: z.string() }),
  body: z.optional(z.union([text, z.object({ B: z.instanceof(Uint8Array) })])),
  blob: z.optional(text),
  expiresAt: z.optional(z.object({ N: z.string() })),
});

/** Failure internal for an item that this version did not write. */
export function fromAttributes(attributes: Attributes): StoredItem {
  const read = envelope.safeParse(attributes);
  if (!read.success) {
    throw new Failure(
      'internal',
      `Stored item ${attributes.pk?.S} / ${attributes.sk?.S} has a shape of another version.`,
    );
  }
  const { pk, sk, kind, body, blob, expiresAt } = read.data;
  return {
    key: { pk: pk.S, sk: sk.S },
    kind: kind.S,
    body: blob === undefined ? bodyInPlace(body) : { kind: 'blob', blob: blob.S },
    ...(expiresAt === undefined ? {} : { expiresAt: Number(expiresAt.N) * 1000 }),
  };
}

function bodyInPlace(body: z.infer<typeof envelope>['body']): StoredBody {
  if (body !== undefined && 'B' in body) return { kind: 'packed', bytes: body.B };
  return { kind: 'text', text: body?.S ?? '' };
}

/**
 * What an item of these attributes is paid for by, in bytes: UTF-8 of names and text, binary as it is. Numbers are counted by
 * their digits, which is more than they are
 * (docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
 */
export function itemSize(attributes: Attributes): number {
  let size = 0;
  for (const [name, value] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value.S ?? value.N ?? value.B ?? '');
  }
  return size;
}

/** The value in a body's text, if it is one of this kind. */
export function readBody<T extends object>(kind: ItemKind<T>, item: StoredItem, bodyText: string): T {
  const body = parseJson(bodyText);
  if (item.kind !== kind.name || !kind.isBody(body)) {
    throw new Failure('internal', `Stored item ${item.key.pk} / ${item.key.sk} is not a readable ${kind.name}.`);
  }
  return body;
}

function parseJson(bodyText: string): unknown {
  try {
    return JSON.parse(bodyText);
  } catch {
    return undefined;
  }
}
