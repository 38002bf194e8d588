import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sampleDelivery, sampleTime } from '../../../test/contracts/store-samples.ts';
import { fixedNow, useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { startServer } from '../../../test/fixtures/http-server.ts';
import { createAwsApi } from '../aws-api/aws-api.ts';
import { longestPacked } from './bodies.ts';
import { itemKind, itemSize } from './item.ts';
import { createOperations, keyAttributes } from './operations.ts';
import { createTable } from './table.ts';

const tables = useEmbeddedTables();
const noteKind = itemKind<{ readonly text: string }>('note', { text: z.string() });
const key = (sk: string) => ({ pk: 'NOTES', sk });

describe('cost', () => {
  it('accepts a delivery in one write and nothing else', async () => {
    const { stores, units } = await tables.fresh();
    await stores.deliveries.accept(sampleDelivery());
    expect(units).toMatchObject({ requests: 1, read: 0, failedConditions: 0 });
    expect(units.write).toBeGreaterThan(0);
    await stores.deliveries.accept(sampleDelivery());
    expect(units).toMatchObject({ requests: 1, failedConditions: 1 });
    await stores.deliveries.find('delivery-1');
    expect(units).toMatchObject({ requests: 2, read: 1 });
  });

  it('finds a receiver by its hook without the table for five seconds', async () => {
    let now = sampleTime;
    const { stores, units } = await tables.fresh({ now: () => now });
    await stores.receivers.save({
      name: 'r',
      type: 'waybill',
      hookId: 'h',
      repositories: [],
      allowUnsigned: false,
      settings: {},
      createdAt: now,
      refusedProofs: 0,
      failures: 0,
      rev: 0,
    });
    await stores.receivers.findByHook('h');
    const { requests } = units;
    await stores.receivers.findByHook('h');
    now += 4_999;
    await stores.receivers.findByHook('h');
    expect(units.requests).toBe(requests);
    now += 1;
    await stores.receivers.findByHook('h');
    expect(units.requests).toBe(requests + 2);
  });
});

describe('bodies', () => {
  /** A text that three quarters of its length hold, and no less. */
  const noise = (length: number) => randomBytes(length).toString('base64').slice(0, length);
  const zeros = (length: number) => '0'.repeat(length);
  /** Of a note in an item of its own, in bytes: what stands around the text. */
  const around = itemSize({
    ...keyAttributes(key('1')),
    v: { N: '1' },
    kind: { S: 'note' },
    rev: { N: '1' },
    body: { S: '{"text":""}' },
  });
  const fill = 1024 - around;

  it.each([
    ['a text that fits one unit', zeros(fill), 'text'],
    ['one byte more', zeros(fill + 1), 'packed'],
    ['one that becomes smaller, by no unit', noise(1_500), 'text'],
    ['one that becomes smaller by a unit', noise(1_100), 'packed'],
    ['one that is short when packed', zeros(longestPacked - '{"text":""}'.length), 'packed'],
    ['one that is too long to be packed', zeros(longestPacked - '{"text":""}'.length + 1), 'blob'],
    ['one that is too long for an item, packed too', noise(50_000), 'blob'],
    ['letters of several bytes', 'ü€😀'.repeat(200), 'packed'],
  ])('%s', async (_, text, stored) => {
    const { table } = await tables.fresh();
    await table.put(noteKind, key('1'), { value: { text } });
    const item = await table.operations.get(key('1'));
    const found = item?.blob !== undefined ? 'blob' : item?.body?.B !== undefined ? 'packed' : 'text';
    expect(found).toBe(stored);
    expect(itemSize(item ?? {})).toBeLessThan(33 * 1024);
    expect(await table.find(noteKind, key('1'))).toEqual({ text });
    expect(await table.list(noteKind, 'NOTES')).toEqual([{ text }]);
    expect(await table.create(noteKind, key('1'), { value: { text: 'x' } })).toEqual({
      kind: 'known',
      value: { text },
    });
  });

  it.each([
    ['2 KB', zeros(2_000), 'S'],
    ['what is too long for an item', zeros(50_000), 'blob'],
  ])('%s, as it is where nobody pays for units', async (_, text, stored) => {
    const { table: packing, api, tableName, blobs } = await tables.fresh();
    const plain = createTable(api, { tableName, blobs, clock: { now: () => fixedNow }, packs: false });
    await plain.put(noteKind, key('1'), { value: { text } });
    const item = await plain.operations.get(key('1'));
    expect(item?.blob === undefined ? Object.keys(item?.body ?? {}) : ['blob']).toEqual([stored]);
    for (const table of [plain, packing]) expect(await table.find(noteKind, key('1'))).toEqual({ text });
    for (const [table, next] of [
      [packing, 'b'],
      [plain, 'c'],
    ] as const) {
      const seen = await table.find(noteKind, key('1'));
      expect(await table.swap(noteKind, key('1'), { seen, next: { text: zeros(2_000) + next } })).toBe(true);
    }
    expect(await packing.find(noteKind, key('1'))).toEqual({ text: `${zeros(2_000)}c` });
  });

  const head = { v: { N: '1' }, kind: { S: 'note' }, rev: { N: '1' } };
  const packed = (text: string) => ({ B: deflateRawSync(JSON.stringify({ text }), { level: 1 }) });

  it.each([
    ['a long text as it is', { S: JSON.stringify({ text: zeros(20_000) }) }, zeros(20_000)],
    ['another packing of it', packed(zeros(2_000)), zeros(2_000)],
  ])('are read as %s', async (_, body, text) => {
    const { table, client, tableName } = await tables.fresh();
    await client.send(
      new PutItemCommand({ TableName: tableName, Item: { ...keyAttributes(key('1')), ...head, body } }),
    );
    expect(await table.find(noteKind, key('1'))).toEqual({ text });
  });

  it.each([
    ['what is not packed', { B: Buffer.from('{"text":"x"}') }],
    ['half of it', { B: packed(noise(2_000)).B.subarray(0, 500) }],
    ['what would not end', packed(zeros(longestPacked))],
  ])('are refused: %s', async (_, body) => {
    const { table, client, tableName } = await tables.fresh();
    await client.send(
      new PutItemCommand({ TableName: tableName, Item: { ...keyAttributes(key('1')), ...head, body } }),
    );
    await expect(table.find(noteKind, key('1'))).rejects.toMatchObject({ code: 'internal' });
  });

  it('are one unit where they were two', async () => {
    const { table, units } = await tables.fresh();
    const before = units.write;
    await table.put(noteKind, key('1'), { value: { text: zeros(2_000) } });
    expect(units.write - before).toBe(1);
  });

  it('say which blob is missing', async () => {
    const { table, client, tableName } = await tables.fresh();
    const Item = { ...keyAttributes(key('1')), ...head, blob: { S: 'bodies/aa/aaaa' } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
    await expect(table.find(noteKind, key('1'))).rejects.toThrow(/bodies\/aa\/aaaa.*missing/);
  });
});

describe('items of another shape', () => {
  const good = { v: { N: '1' }, kind: { S: 'note' }, rev: { N: '1' }, body: { S: '{"text":"x"}' } };

  it.each([
    ['a later version', { ...good, v: { N: '2' } }],
    ['no version', { kind: good.kind, rev: good.rev, body: good.body }],
    ['another kind', { ...good, kind: { S: 'other' } }],
    ['a body without its fields', { ...good, body: { S: '{}' } }],
    ['a body that is no JSON', { ...good, body: { S: '{' } }],
    ['a body that is null', { ...good, body: { S: 'null' } }],
    ['no body', { v: good.v, kind: good.kind, rev: good.rev }],
  ])('with %s are refused, never guessed', async (_, attributes) => {
    const { table, client, tableName } = await tables.fresh();
    const Item = { ...keyAttributes(key('1')), ...attributes };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
    await expect(table.find(noteKind, key('1'))).rejects.toMatchObject({ code: 'internal' });
    await expect(table.list(noteKind, 'NOTES')).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('a partition of two kinds', () => {
  it('is read in one call, without what is of neither or has expired', async () => {
    const { table, units } = await tables.fresh();
    const otherKind = itemKind<{ readonly other: string }>('other', { other: z.string() });
    const thirdKind = itemKind<{ readonly text: string }>('third', { text: z.string() });
    await table.put(noteKind, key('1'), { value: { text: 'x' } });
    await table.put(thirdKind, key('2'), { value: { text: 'y' } });
    await table.put(otherKind, key('3'), { value: { other: 'z' } });
    await table.put(otherKind, key('4'), { value: { other: 'gone' }, expiresAt: sampleTime - 365 * 86_400_000 });
    const { requests } = units;
    expect(await table.listBoth([noteKind, otherKind], 'NOTES')).toEqual([[{ text: 'x' }], [{ other: 'z' }]]);
    expect(units.requests - requests).toBe(1);
    expect(await table.listBoth([noteKind, otherKind], 'NONE')).toEqual([[], []]);
  });
});

describe('expiry', () => {
  it('is at the second after it, for every kind of read', async () => {
    let now = sampleTime;
    const { table } = await tables.fresh({ now: () => now });
    await table.put(noteKind, key('1'), { value: { text: 'x' }, expiresAt: sampleTime + 1_500 });
    const reads = async () => [
      (await table.find(noteKind, key('1'))) !== undefined,
      (await table.findAll(noteKind, [key('1')])).length === 1,
      (await table.list(noteKind, 'NOTES')).length === 1,
    ];
    now = sampleTime + 1_999;
    expect(await reads()).toEqual([true, true, true]);
    now = sampleTime + 2_000;
    expect(await reads()).toEqual([false, false, false]);
  });
});

describe('swap', () => {
  it('changes only what was seen', async () => {
    const { table } = await tables.fresh();
    const [one, two] = [{ text: '1' }, { text: '2' }];
    expect(await table.swap(noteKind, key('1'), { seen: one, next: two })).toBe(false);
    expect(await table.swap(noteKind, key('1'), { seen: undefined, next: one })).toBe(true);
    expect(await table.swap(noteKind, key('1'), { seen: undefined, next: two })).toBe(false);
    expect(await table.swap(noteKind, key('1'), { seen: two, next: undefined })).toBe(false);
    expect(await table.swap(noteKind, key('1'), { seen: one, next: two })).toBe(true);
    expect(await table.swap(noteKind, key('1'), { seen: two, next: undefined })).toBe(true);
    expect(await table.find(noteKind, key('1'))).toBeUndefined();
  });

  it.each([
    ['packed by another version', 2_000],
    ['in the blob store', 200_000],
  ])('compares what is %s by its text', async (_, length) => {
    const { table, client, tableName, units } = await tables.fresh();
    const [one, two, three] = ['1', '2', '3'].map((text) => ({ text: text.repeat(length) }));
    await table.put(noteKind, key('1'), { value: one ?? { text: '' } });
    if (length < longestPacked) {
      const item = await table.operations.get(key('1'));
      const body = { B: deflateRawSync(JSON.stringify(one), { level: 0 }) };
      await client.send(new PutItemCommand({ TableName: tableName, Item: { ...item, body } }));
    }
    expect(await table.swap(noteKind, key('1'), { seen: two, next: three })).toBe(false);
    expect(await table.swap(noteKind, key('1'), { seen: one, next: two })).toBe(true);
    expect(await table.swap(noteKind, key('1'), { seen: one, next: undefined })).toBe(false);
    expect(units.failedConditions).toBe(0);
    const both = await Promise.all([one, three].map((next) => table.swap(noteKind, key('1'), { seen: two, next })));
    expect(both.toSorted()).toEqual([false, true]);
    const left = await table.find(noteKind, key('1'));
    expect(await table.swap(noteKind, key('1'), { seen: left, next: undefined })).toBe(true);
    expect(await table.find(noteKind, key('1'))).toBeUndefined();
  });
});

describe('long partitions', () => {
  it('are read over every page of the engine', async () => {
    const { table } = await tables.fresh();
    // Long when packed, too.
    const text = randomBytes(22_500).toString('base64');
    const names = Array.from({ length: 60 }, (_, index) => String(index).padStart(2, '0'));
    await Promise.all(names.map((name) => table.put(noteKind, key(name), { value: { text: `${name}${text}` } })));
    const notes = await table.list(noteKind, 'NOTES');
    expect(notes.map((note) => note.text.slice(0, 2))).toEqual(names);
  });
});

describe('an engine that cannot', () => {
  const answer = (status: number, type: string, message = 'no') => ({ status, body: { __type: `x#${type}`, message } });

  it.each([
    ['throttles', answer(400, 'ThrottlingException'), 'storeUnavailable', true],
    ['has no capacity', answer(400, 'ProvisionedThroughputExceededException'), 'storeUnavailable', true],
    ['fails', answer(500, 'InternalServerError'), 'storeUnavailable', true],
    ['is overloaded', { status: 503, body: {} }, 'storeUnavailable', true],
    ['has no table', answer(400, 'ResourceNotFoundException'), 'storeUnavailable', true],
    ['has no disk left', answer(500, 'InternalServerError', 'database or disk is full'), 'storageFull', true],
    ['does not understand', answer(400, 'ValidationException', 'secret item text'), 'internal', false],
    ['refuses', answer(400, 'AccessDeniedException'), 'internal', false],
  ])('%s', async (_, { status, body }, code, retryable) => {
    const server = await startServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
    try {
      const operations = createOperations(createAwsApi('dynamodb', { endpoint: server.url, maxAttempts: 1 }), {
        tableName: 'waybill',
      });
      const calls = [
        () => operations.get(key('1')),
        () => operations.put({ Item: {} }),
        () => operations.query({}),
        () => operations.batchGet([key('1')]),
      ];
      for (const call of calls) {
        const error = await call().then(
          () => undefined,
          (fault: unknown) => fault,
        );
        expect(error).toMatchObject({ code, retryable });
        expect(String(error)).not.toContain('secret item text');
      }
    } finally {
      await server.close();
    }
  });

  it('leaves out keys of a batch at first', async () => {
    const keys = ['1', '2', '3'].map(key);
    const server = await startServer((_request, response, body) => {
      const asked: unknown[] = JSON.parse(body.toString()).RequestItems.waybill.Keys;
      const [first, ...others] = asked;
      const rest = others.length === 0 ? {} : { waybill: { Keys: others } };
      const text = JSON.stringify({ Responses: { waybill: [first] }, UnprocessedKeys: rest });
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
    });
    try {
      const operations = createOperations(createAwsApi('dynamodb', { endpoint: server.url }), { tableName: 'waybill' });
      expect(await operations.batchGet(keys)).toEqual(keys.map(keyAttributes));
      expect(server.seen).toHaveLength(3);
    } finally {
      await server.close();
    }
  });
});
