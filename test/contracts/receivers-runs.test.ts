/** From a registry's documented call to a run of exactly the image that it spoke of, for every type that tells of pushes. */
import { describe, expect, it } from 'vitest';
import { processDelivery } from '../../shared/flows/process-delivery.ts';
import { putReceiver } from '../../shared/flows/put-receiver.ts';
import { receiveDelivery } from '../../shared/flows/receive-delivery.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { ReceiverType } from '../../shared/receivers/receiver-type.ts';
import { fixedNow, useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { admin, createIntake } from '../fixtures/intake.ts';
import { receiverTypes } from '../fixtures/receiver-types.ts';
import { findRow, type ReceiverRow, readSample, type SenderSample } from './receiver-row.ts';

const tables = useEmbeddedTables();

interface Told {
  readonly type: ReceiverType;
  readonly row: ReceiverRow;
  readonly sample: SenderSample;
  readonly text: string;
  readonly push: { readonly repository: string; readonly tag: string; readonly digest?: string };
}

/** The first body of each that tells of one push by tag and has its digest, if any, as text. */
async function toldPush(type: ReceiverType): Promise<readonly Told[]> {
  const row = await findRow(type.type);
  const told = (row?.samples ?? []).flatMap((sample): readonly Told[] => {
    const text = new TextDecoder().decode(readSample(type.type, sample.file));
    const [event, ...more] = sample.events;
    if (row === undefined || event?.kind !== 'push' || more.length > 0) return [];
    const { repository, tag, digest } = event;
    const isWhole = typeof digest !== 'string' || text.includes(digest.slice('sha256:'.length));
    if (typeof repository !== 'string' || typeof tag !== 'string' || !isWhole) return [];
    return [{ type, row, sample, text, push: { repository, tag, ...(typeof digest === 'string' ? { digest } : {}) } }];
  });
  return told.slice(0, 1);
}

const told = (await Promise.all(Object.values(receiverTypes).map(toldPush))).flat();

it('sees the registries', () => {
  expect(told.map(({ type }) => type.type)).toEqual(
    expect.arrayContaining(['distribution', 'dockerhub', 'gar', 'github', 'harbor', 'nexus', 'aliyun-acr']),
  );
});

/** Those whose proof covers the body (contract 5); all others prove the sender, or nothing. */
const signsBytes = new Set(['aliyun-eventbridge', 'artifactory', 'github', 'nexus', 'waybill']);

/** The call as it would be of an image that there is, made to a receiver of that type. */
async function send({ type, row, sample, text, push }: Told) {
  const intake = await createIntake(tables);
  const outbound = {
    stream: () => Promise.reject(new Error('not used')),
    request: async ({ url }: { readonly url: string }) => ({ status: 200, headers: {}, body: keyOf(row, url), url }),
  };
  const asked: string[] = [];
  const registry: Ports['registry'] = {
    ...intake.registry,
    resolveTag(repository, tag) {
      asked.push(tag);
      return intake.registry.resolveTag(repository, tag);
    },
  };
  const ports = { ...intake.ports, outbound, registry };
  const digest = intake.registry.put(push.repository, { tag: push.tag });
  const source = { type: 'registry', repository: push.repository, tags: { include: [push.tag] }, on: ['push'] };
  await intake.pipeline('shop', { image: source });
  const secret = row.secrets.length === 0 ? {} : { secret: row.secrets };
  const common = { type: type.type, repositories: [push.repository], registry: row.registry };
  const put = await putReceiver(ports, { caller: admin, name: 'one', body: { ...common, ...secret, ...row.settings } });
  if (put.kind !== 'created') throw new Error(JSON.stringify(put));
  const named = push.digest === undefined ? text : text.replaceAll(push.digest.slice(7), digest.slice(7));
  const body = new TextEncoder().encode(named);
  const proof = row.prove({ body, secret: row.secrets[0] ?? '', now: fixedNow });
  const contentType = sample.contentType ?? row.contentType ?? type.bodyTypes[0] ?? '';
  const headers = { 'content-type': contentType, ...sample.headers, ...proof.headers };
  const raw = { headers, query: proof.query ?? {}, body, receivedAt: fixedNow };
  const answer = await receiveDelivery(ports, { hookId: put.receiver.hookId, raw });
  if (answer.kind !== 'accepted') throw new Error(JSON.stringify(answer));
  return { intake, asked, digest, id: answer.deliveryId, process: () => processDelivery(ports, answer.deliveryId) };
}

function keyOf(row: ReceiverRow, url: string): Uint8Array {
  return row.keys?.[url] ?? new Uint8Array();
}

describe.each(told.map((one) => [one.type.type, one] as const))('a push from %s', (_, one) => {
  it('starts one run of the image that it names, and keeps who said it', async () => {
    const { intake, asked, digest, id, process } = await send(one);
    await process();
    await process();
    const runs = await intake.executions('shop');
    expect(runs).toMatchObject([
      {
        trigger: { type: 'push', deliveryId: id },
        bound: [{ tag: one.push.tag, artifact: { version: digest } }],
      },
    ]);
    const stored = await intake.ports.deliveries.find(id);
    expect(stored).toMatchObject({ status: 'processed', signed: one.type.proof === 'own' });
    // Once where only a tag came, once where nobody vouches for the digest that came, else never.
    expect(asked).toHaveLength(one.push.digest === undefined || !signsBytes.has(one.type.type) ? 1 : 0);
    const resolved = one.push.digest === undefined ? { digest, resolvedAt: fixedNow } : { digest };
    expect(stored?.events).toMatchObject([{ repository: one.push.repository, tag: one.push.tag, ...resolved }]);
  });

  it('waits for a registry that does not answer, and means the image that it found first', async () => {
    const { intake, digest, process } = await send(one);
    intake.registry.fail('registryUnavailable');
    await process().catch(() => {});
    expect(await intake.executions('shop')).toEqual([]);
    intake.registry.fail(undefined);
    intake.setTime(fixedNow + 3_600_000);
    await process();
    const moved = intake.registry.put(one.push.repository, { tag: one.push.tag, labels: { moved: 'yes' } });
    await process();
    const runs = await intake.executions('shop');
    expect(runs).toMatchObject([{ bound: [{ artifact: { version: digest } }] }]);
    expect(moved).not.toBe(digest);
  });
});
