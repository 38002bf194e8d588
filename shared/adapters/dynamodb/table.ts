import type { BlobStore } from '../../ports/access-store.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import type { Clock } from '../../ports/clock.ts';
import { type BodyPlace, loadBody, shortestPacked, storeBody } from './bodies.ts';
import { fromAttributes, type ItemHead, type ItemKind, itemSize, readBody, toAttributes } from './item.ts';
import type { ItemKey } from './key.ts';
import {
  type Attributes,
  createOperations,
  keyAttributes,
  type Operations,
  type OperationsOptions,
} from './operations.ts';

type Created<T> = { readonly kind: 'created' } | { readonly kind: 'known'; readonly value: T };

/** Typed items over the table's operations. Every write is conditional, or named by its content. */
export interface Table {
  readonly operations: Operations;
  /** Consistent; what has expired is absent even before the table has deleted it. */
  find<T extends object>(kind: ItemKind<T>, key: ItemKey): Promise<T | undefined>;
  /** Consistent, in the order of the keys; absent ones are left out. */
  findAll<T extends object>(kind: ItemKind<T>, keys: readonly ItemKey[]): Promise<readonly T[]>;
  /** Every item of a partition whose sort key begins so, in sort key order; consistent. */
  list<T extends object>(kind: ItemKind<T>, pk: string, prefix?: string): Promise<readonly T[]>;
  /** Every item of two kinds that share a partition, in sort key order, in one read; consistent. */
  listBoth<A extends object, B extends object>(
    kinds: readonly [ItemKind<A>, ItemKind<B>],
    pk: string,
  ): Promise<readonly [readonly A[], readonly B[]]>;
  /** Put if absent; `known` answers what is there. */
  create<T extends object>(
    kind: ItemKind<T>,
    key: ItemKey,
    item: ItemHead & { readonly value: T },
  ): Promise<Created<T>>;
  /** The rev rule: writes `rev + 1` where `rev` stands (0 = nothing), answers what was written, undefined on conflict. */
  save<T extends { readonly rev: number }>(
    kind: ItemKind<T>,
    key: ItemKey,
    item: ItemHead & { readonly value: T },
  ): Promise<T | undefined>;
  /** Unconditional: only for items whose key says all that matters. */
  put<T extends object>(kind: ItemKind<T>, key: ItemKey, item: ItemHead & { readonly value: T }): Promise<void>;
  /**
   * Compare and swap by content: writes `next` (undefined = deletes) where exactly `seen` stands (undefined = nothing).
   * Equal content is an equal state, so a delete between reading and writing does no harm. Costs a read where the content is
   * large enough to be packed.
   */
  swap<T extends object>(
    kind: ItemKind<T>,
    key: ItemKey,
    change: ItemHead & { readonly seen: T | undefined; readonly next: T | undefined },
  ): Promise<boolean>;
  remove(key: ItemKey): Promise<void>;
}

export interface TableOptions extends OperationsOptions, Omit<BodyPlace, 'around'> {
  readonly clock: Clock;
}

export function createTable(api: AwsApi, options: TableOptions): Table {
  const operations = createOperations(api, options);
  return { operations, ...reads(operations, options), ...writes(operations, options) };
}

function reads(operations: Operations, { blobs, clock }: TableOptions) {
  function isAlive(attributes: Attributes): boolean {
    const expiresAt = attributes.expiresAt?.N;
    return expiresAt === undefined || Number(expiresAt) * 1000 > clock.now();
  }
  return {
    async find(kind, key) {
      const attributes = await operations.get(key);
      return attributes !== undefined && isAlive(attributes) ? open(kind, attributes, blobs) : undefined;
    },
    async findAll(kind, keys) {
      const found = await operations.batchGet(unique(keys));
      const byKey = new Map(found.filter(isAlive).map((item) => [nameOf(item.pk?.S, item.sk?.S), item]));
      const items = keys.map((key) => byKey.get(nameOf(key.pk, key.sk))).filter((item) => item !== undefined);
      return Promise.all(items.map((item) => open(kind, item, blobs)));
    },
    async list(kind, pk, prefix) {
      const items = await queryAll(operations, pk, prefix);
      return Promise.all(items.filter(isAlive).map((item) => open(kind, item, blobs)));
    },
    async listBoth([first, second], pk) {
      const items = (await queryAll(operations, pk, undefined)).filter(isAlive);
      const ofKind = <T extends object>(kind: ItemKind<T>) =>
        Promise.all(items.filter((item) => item.kind?.S === kind.name).map((item) => open(kind, item, blobs)));
      return Promise.all([ofKind(first), ofKind(second)]);
    },
  } satisfies Partial<Table>;
}

async function open<T extends object>(kind: ItemKind<T>, attributes: Attributes, blobs: BlobStore): Promise<T> {
  const item = fromAttributes(attributes);
  return readBody(kind, item, await loadBody(item, blobs));
}

function writes(operations: Operations, { blobs, packs }: TableOptions) {
  const place = { blobs, packs };
  return {
    async create(kind, key, item) {
      const Item = await encode(kind, key, { ...item, rev: 1, ...place });
      for (;;) {
        const outcome = await operations.putNew(Item);
        if (outcome.written) return { kind: 'created' };
        const old = outcome.old ?? (await operations.get(key));
        if (old !== undefined) return { kind: 'known', value: await open(kind, old, blobs) };
        // Gone between the two calls: the name is free again.
      }
    },
    async save(kind, key, item) {
      const value = { ...item.value, rev: item.value.rev + 1 };
      const Item = await encode(kind, key, { ...item, value, rev: value.rev, ...place });
      const { rev } = item.value;
      const outcome = await (rev === 0 ? operations.putNew(Item) : operations.put({ Item, ...ifRev(rev) }));
      return outcome.written ? value : undefined;
    },
    async put(kind, key, item) {
      await operations.put({ Item: await encode(kind, key, { ...item, rev: 1, ...place }) });
    },
    async swap(kind, key, { seen, next, ...head }) {
      const isSeen =
        seen === undefined ? ifAbsent : await ifContent(operations, key, { text: JSON.stringify(seen), blobs });
      if (isSeen === undefined) return false;
      if (next === undefined) return (await operations.remove({ Key: keyAttributes(key), ...isSeen })).written;
      const Item = await encode(kind, key, { ...head, value: next, rev: 1, ...place });
      const outcome = seen === undefined ? operations.putNew(Item) : operations.put({ Item, ...isSeen });
      return (await outcome).written;
    },
    async remove(key) {
      await operations.remove({ Key: keyAttributes(key) });
    },
  } satisfies Partial<Table>;
}

async function encode<T extends object>(
  kind: ItemKind<T>,
  key: ItemKey,
  { blobs, packs, ...item }: ItemHead & Omit<BodyPlace, 'around'> & { readonly value: T; readonly rev: number },
): Promise<Attributes> {
  const whole = { ...item, kind: kind.name };
  const around = itemSize(toAttributes(key, { ...whole, body: { kind: 'text', text: '' } }));
  const body = await storeBody(JSON.stringify(item.value), { around, blobs, packs });
  return toAttributes(key, { ...whole, body });
}

const ifAbsent = { ConditionExpression: 'attribute_not_exists(pk)' };

function ifRev(rev: number) {
  return { ConditionExpression: 'rev = :rev', ExpressionAttributeValues: { ':rev': { N: String(rev) } } };
}

/**
 * Undefined = something else stands there. What may have been packed is compared as text and then by the very bytes that are
 * stored: other versions of zlib make other bytes of one text.
 */
async function ifContent(
  operations: Operations,
  key: ItemKey,
  { text, blobs }: { readonly text: string; readonly blobs: BlobStore },
) {
  if (Buffer.byteLength(text) < shortestPacked) return ifStored('body', { S: text });
  const stored = await operations.get(key);
  if (stored === undefined || (await loadBody(fromAttributes(stored), blobs)) !== text) return undefined;
  return stored.body === undefined ? ifStored('blob', stored.blob) : ifStored('body', stored.body);
}

function ifStored(name: 'body' | 'blob', value: Attributes[string] | undefined) {
  if (value === undefined) return undefined;
  return {
    ConditionExpression: '#content = :seen',
    ExpressionAttributeNames: { '#content': name },
    ExpressionAttributeValues: { ':seen': value },
  };
}

async function queryAll(operations: Operations, pk: string, prefix: string | undefined): Promise<Attributes[]> {
  const values: Attributes = { ':pk': { S: pk } };
  if (prefix !== undefined) values[':prefix'] = { S: prefix };
  const items: Attributes[] = [];
  let last: Attributes | undefined;
  do {
    const answer = await operations.query({
      KeyConditionExpression: prefix === undefined ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: values,
      ConsistentRead: true,
      ...(last === undefined ? {} : { ExclusiveStartKey: last }),
    });
    items.push(...answer.items);
    last = answer.last;
  } while (last !== undefined);
  return items;
}

function nameOf(pk: string | undefined, sk: string | undefined): string {
  return `${pk}\n${sk}`;
}

/** A batch read refuses a key that is given twice. */
function unique(keys: readonly ItemKey[]): readonly ItemKey[] {
  return [...new Map(keys.map((key) => [nameOf(key.pk, key.sk), key])).values()];
}
