/**
 * One suite for every receiver in the table (`shared/receivers/receivers.ts`). A sender joins by having a folder
 * `test/fixtures/senders/<type>/` with its bodies, a SOURCES.md and `row.ts` (`export const row: ReceiverRow`, see
 * receiver-row.ts); nothing is to be changed here. Calls go through the real door (`functions/receive-webhook`), a real table and
 * the real `PUT` of a receiver. What is peculiar to a sender is tested beside it.
 */

import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/receive-webhook/handler.ts';
import { isJsonObject, type Json } from '../../shared/domain/json.ts';
import { eventRepositories } from '../../shared/domain/receiver-bounds.ts';
import { putReceiver } from '../../shared/flows/put-receiver.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { ReceiverType } from '../../shared/receivers/receiver-type.ts';
import { findReceiverType } from '../../shared/receivers/receivers.ts';
import type { HttpAnswer } from '../../shared/runtime/http-event.ts';
import { fixedNow, useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { createIntake } from '../fixtures/intake.ts';
import { receiverTypes } from '../fixtures/receiver-types.ts';
import { findRow, type IgnoredSample, type ReceiverRow, readSample, type SenderSample } from './receiver-row.ts';

const tables = useEmbeddedTables();
const rows = await Promise.all(
  Object.values(receiverTypes).map(async (type) => ({ type, row: await findRow(type.type) })),
);

it.each(rows.map(({ type, row }) => [type.type, row] as const))(
  '%s has a row and a note of its sources',
  (name, row) => {
    expect(row, `test/fixtures/senders/${name}/row.ts`).toBeDefined();
    expect(existsSync(new URL(`../fixtures/senders/${name}/SOURCES.md`, import.meta.url))).toBe(true);
    expect(row?.samples[0]?.events.length).toBeGreaterThan(0);
    if (row?.keepsBody === undefined) expect(row?.ignored.length).toBeGreaterThan(0);
  },
);

for (const { type, row } of rows) if (row !== undefined) suite(type, row);

interface Call {
  readonly body?: Uint8Array;
  readonly sample?: IgnoredSample;
  readonly secret?: string;
  readonly contentType?: string;
  /** Instead of the proof of the body. */
  readonly proof?: ReturnType<ReceiverRow['prove']>;
  readonly receiver?: string;
}

function suite(type: ReceiverType, row: ReceiverRow): void {
  const [current = '', previous = current] = row.secrets;
  const [first] = row.samples;
  if (first === undefined) return;
  const firstBody = readSample(type.type, first.file);
  const urls = new Map<string, string>();
  let ports: Ports;
  let door: ReturnType<typeof createHandler>;

  async function put(name: string, more: { secret?: readonly string[]; repositories?: readonly string[] } = {}) {
    const { secret = row.secrets, repositories = bounds.length === 0 ? ['registry.example.com/**'] : bounds } = more;
    const given = secret.length === 0 ? {} : { secret };
    const body = { type: type.type, repositories, registry: row.registry, ...given, ...row.settings };
    const answer = await putReceiver(ports, { caller: { subject: 'a', groups: ['waybill-admins'] }, name, body });
    if (answer.kind !== 'created') throw new Error(JSON.stringify(answer));
    urls.set(name, answer.url);
  }

  function post(call: Call = {}): Promise<HttpAnswer> {
    const { sample = first, secret = current, receiver = 'both' } = call;
    const body = call.body ?? readSample(type.type, sample?.file ?? '');
    const proof = call.proof ?? row.prove({ body, secret, now: fixedNow });
    const contentType = call.contentType ?? sample?.contentType ?? row.contentType ?? type.bodyTypes[0] ?? '';
    return door({
      rawPath: urls.get(receiver) ?? '',
      rawQueryString: new URLSearchParams(proof.query).toString(),
      headers: { 'content-type': contentType, ...sample?.headers, ...proof.headers },
      requestContext: { requestId: 'r', http: { method: 'POST' } },
      body: Buffer.from(body).toString('base64'),
      isBase64Encoded: true,
    });
  }

  const parsed = (body: Uint8Array, sample: IgnoredSample | undefined = first) => {
    const proof = row.prove({ body, secret: current, now: fixedNow });
    const contentType = sample?.contentType ?? row.contentType ?? type.bodyTypes[0] ?? '';
    const headers = { 'content-type': contentType, ...sample?.headers, ...proof.headers };
    const raw = { headers, query: proof.query ?? {}, body, receivedAt: fixedNow };
    const { registry, settings = {}, secrets } = row;
    const context = { secrets, settings, allowUnsigned: false, now: fixedNow };
    const keys = row.keys?.[type.keysNeeded?.(raw, context)?.url ?? ''];
    const delivery = type.verify(raw, { ...context, keys });
    if (delivery === undefined) throw new Error('The row does not prove its own call.');
    return type.parse(delivery, { registry, settings, receiver: 'both' });
  };

  const told = (sample: SenderSample) => {
    const answer = parsed(readSample(type.type, sample.file), sample);
    return answer.kind === 'events' ? answer.events : [];
  };
  const bounds = [...new Set(row.samples.flatMap(told).flatMap(eventRepositories))];

  describe(`receiver ${type.type}`, () => {
    beforeAll(async () => {
      const intake = await createIntake(tables);
      ports = { ...intake.ports, outbound: keyServer(row.keys ?? {}) };
      door = createHandler(ports);
      await put('both');
      await put('one', { secret: row.secrets.slice(0, 1) });
      await put('elsewhere', { repositories: ['elsewhere.example.com/**'] });
    });

    it('names media types in lower case, without parameters, and is found by its name', async () => {
      expect(type.bodyTypes.length).toBeGreaterThan(0);
      for (const name of type.bodyTypes) expect(name).toMatch(/^[a-z0-9.+/-]+$/);
      expect(await findReceiverType(type.type)).toBe(type);
    });

    describe('proof', () => {
      it.each(row.secrets.map((secret, index) => [index === 0 ? 'current' : 'previous', secret] as const))(
        'takes the %s secret',
        async (_, secret) => {
          expect((await post({ secret })).statusCode).toBe(202);
        },
      );

      it('takes a good one, and says how far it reaches', async () => {
        const answer = await post();
        expect(answer.statusCode).toBe(202);
        const stored = await ports.deliveries.find(JSON.parse(answer.body).deliveryId);
        expect(stored).toMatchObject({ receiver: 'both', signed: type.proof === 'own' });
      });

      it('refuses none, an empty one, and one of another body or secret, with the same words', async () => {
        const good = row.prove({ body: firstBody, secret: current, now: fixedNow });
        const answers = await Promise.all([
          post({ proof: {} }),
          post({ proof: { headers: emptied(good.headers), query: emptied(good.query) } }),
          post({ proof: { headers: spoiled(good.headers), query: spoiled(good.query) } }),
          ...(row.secrets.length > 1 ? [post({ receiver: 'one', secret: previous })] : []),
        ]);
        expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 401));
        expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
      });

      it.runIf(row.signsBody)('refuses a body of which any one byte was flipped', async () => {
        const proof = row.prove({ body: firstBody, secret: current, now: fixedNow });
        for (const at of [0, Math.floor(firstBody.length / 2), firstBody.length - 1]) {
          const changed = Uint8Array.from(firstBody, (byte, index) => (index === at ? byte ^ 1 : byte));
          expect((await post({ body: changed, proof })).statusCode).toBe(401);
        }
      });

      it.each(['', 'x', ' '.repeat(40), 'ü'.repeat(40), 'a\nb'.repeat(20)])(
        'does not take %j as a secret',
        (secret) => {
          if (type.takesSecret === false) return;
          const fault = type.secretFault(secret, row.settings ?? {});
          expect(fault).toEqual(expect.any(String));
          if (secret.trim().length > 1) expect(fault).not.toContain(secret);
        },
      );

      it(
        type.proof === 'own' ? 'is never left out' : 'is left out where its owner allows it, and then unsigned',
        () => {
          const raw = { headers: {}, query: {}, body: firstBody, receivedAt: fixedNow };
          const context = { secrets: [], settings: row.settings ?? {}, allowUnsigned: true, now: fixedNow };
          const verified = type.verify(raw, context);
          if (type.proof === 'own') expect(verified).toBeUndefined();
          else expect(verified).toMatchObject({ signed: false });
          for (const secrets of [[], ['']]) {
            expect(type.verify(raw, { ...context, secrets, allowUnsigned: false })).toBeUndefined();
          }
        },
      );
    });

    describe('door', () => {
      it('answers 413 to more than 1 MiB, before it looks at the proof', async () => {
        expect((await post({ body: new Uint8Array(1024 * 1024 + 1), proof: {} })).statusCode).toBe(413);
      });

      it('answers 415 to another content type', async () => {
        for (const contentType of ['text/html', '']) expect((await post({ contentType })).statusCode).toBe(415);
      });

      it.each(['', '{', '[', 'no', '"\ud800'])('answers 400 to %j', async (text) => {
        const answer = await post({ body: new TextEncoder().encode(text) });
        expect(answer).toMatchObject({ statusCode: 400, body: expect.stringContaining('"malformed"') });
      });

      it('answers 400 to what is not UTF-8', async () => {
        expect((await post({ body: Uint8Array.of(0x22, 0xff, 0x22) })).statusCode).toBe(400);
      });

      it('answers the first delivery to the same call again', async () => {
        const [one, two] = [await post(), await post()];
        expect([one.statusCode, two.statusCode]).toEqual([202, 202]);
        const same = JSON.parse(one.body).deliveryId === JSON.parse(two.body).deliveryId;
        expect(same).toBe(row.hasKey !== false);
      });

      it('leaves no fact of a repository outside its bounds', async () => {
        const answer = await post({ receiver: 'elsewhere' });
        expect(answer.statusCode).toBe(202);
        const stored = await ports.deliveries.find(JSON.parse(answer.body).deliveryId);
        const speaking = told(first).filter((event) => eventRepositories(event).length > 0);
        expect(stored?.refusals.filter(({ reason }) => reason === 'notAllowed')).toHaveLength(speaking.length);
      });
    });

    describe('reading', () => {
      it.each(row.samples.map((sample) => [sample.file, sample] as const))('%s', async (file, sample) => {
        const answer = parsed(readSample(type.type, file), sample);
        expect(answer).toMatchObject({ kind: 'events' });
        if (answer.kind !== 'events') return;
        expect(plain(answer.events)).toEqual(plain(sample.events));
        expect(plain(answer.refusals ?? [])).toEqual(plain(sample.refusals ?? []));
        expect(typeof answer.key).toBe(row.hasKey === false ? 'undefined' : 'string');
        expect(await post({ sample })).toMatchObject({ statusCode: 202 });
      });

      it.each(
        row.ignored
          .map((one) => (typeof one === 'string' ? { file: one } : one))
          .map((one) => [one.file, one] as const),
      )('%s is of no interest', async (file, sample) => {
        expect(parsed(readSample(type.type, file), sample)).toMatchObject({ kind: 'events', events: [] });
        const answer = await post({ sample });
        expect([answer.statusCode, JSON.parse(answer.body).events]).toEqual([202, 0]);
      });

      it.each(row.malformed)('names what is wrong with %s', async (body, names) => {
        const bytes = new TextEncoder().encode(body);
        expect(parsed(bytes)).toMatchObject({ kind: 'malformed', message: expect.stringMatching(names) });
        expect((await post({ body: bytes })).statusCode).toBe(400);
      });

      const unkept = row.keepsBody ? [] : jsonSamples(type, row);
      it.each(unkept)('%s means the same with fields that nobody knows', (_, sample, json) => {
        const answer = parsed(encode(withExtras(json, row.maps ?? [])), sample);
        expect(answer).toMatchObject({ kind: 'events' });
        if (answer.kind === 'events') expect(plain(answer.events)).toEqual(plain(sample.events));
      });

      it.each(jsonSamples(type, row))('%s with null in any field is an answer, never a crash', (_, sample, json) => {
        for (const changed of withNulls(json)) {
          const answer = parsed(encode(changed), sample);
          expect(['events', 'malformed']).toContain(answer.kind);
          expect(answer.kind === 'malformed' ? answer.message.length : 1).toBeGreaterThan(0);
        }
      });
    });
  });
}

/** Samples that are JSON as they stand (some senders have forms). */
function jsonSamples(type: ReceiverType, row: ReceiverRow): readonly (readonly [string, SenderSample, Json])[] {
  return row.samples.flatMap((sample) => {
    const text = new TextDecoder().decode(readSample(type.type, sample.file));
    return /^\s*[{[]/.test(text) ? [[sample.file, sample, JSON.parse(text)] as const] : [];
  });
}

/** As it is kept: without what is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function encode(json: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json));
}

function emptied(values: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, '']));
}

/** Each value with one character in its middle another one. */
function spoiled(values: Readonly<Record<string, string>> = {}): Record<string, string> {
  const spoil = (value: string) => {
    const middle = Math.floor(value.length / 2);
    return `${value.slice(0, middle)}${value[middle] === 'A' ? 'B' : 'A'}${value.slice(middle + 1)}`;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, spoil(value)]));
}

function withExtras(json: Json, maps: readonly string[]): Json {
  if (Array.isArray(json)) return json.map((item) => withExtras(item, maps));
  if (!isJsonObject(json)) return json;
  const fields = Object.entries(json).map(
    ([name, value]) => [name, maps.includes(name) ? value : withExtras(value, maps)] as const,
  );
  return Object.fromEntries([...fields, ['zzUnknown', { deep: [1, null] }]]);
}

/** The same JSON once for every field and item, that one being null. */
function* withNulls(json: Json): Generator<Json> {
  const entries: readonly (readonly [string, Json])[] =
    Array.isArray(json) || isJsonObject(json) ? Object.entries<Json>(json) : [];
  for (const [name, value] of entries) {
    const replaced = (by: Json): Json =>
      Array.isArray(json)
        ? json.map((item, index) => (String(index) === name ? by : item))
        : { ...(isJsonObject(json) ? json : {}), [name]: by };
    yield replaced(null);
    for (const changed of withNulls(value)) yield replaced(changed);
  }
}

function keyServer(keys: Readonly<Record<string, Uint8Array>>): Ports['outbound'] {
  const unused = () => Promise.reject(new Error('Keys are not streamed.'));
  return {
    stream: unused,
    async request({ url }) {
      const body = keys[url];
      return { status: body === undefined ? 404 : 200, headers: {}, body: body ?? new Uint8Array(), url };
    },
  };
}
