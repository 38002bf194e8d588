import { beforeAll, describe, expect, it } from 'vitest';
import { deliveryId } from '../../shared/domain/delivery-key.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { TaskHandler } from '../../shared/runtime/task-stack.ts';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake } from '../../test/fixtures/intake.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import { createHandler } from './handler.ts';

const tables = useEmbeddedTables();
let ports: Ports;
let handle: TaskHandler<unknown>;
const errors: unknown[] = [];

beforeAll(async () => {
  const { stores, blobs } = await tables.fresh();
  ports = partialPorts({
    ...stores,
    blobs,
    clock: { now: () => fixedNow },
    log: { info: () => {}, warn: () => {}, error: (_message, fields) => errors.push(fields) },
    queue: { send: async () => {} },
  });
  handle = createHandler(ports);
});

const ecr = {
  version: '0',
  id: '13cde686-328b-6117-af20-0e5566167482',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  time: '2026-11-20T10:00:00Z',
  region: 'eu-west-1',
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'shop',
    'image-digest': `sha256:${'a'.repeat(64)}`,
    'action-type': 'DELETE',
  },
};

const batch = (...bodies: readonly string[]) => ({
  Records: bodies.map((body, index) => ({ messageId: `m${index}`, body })),
});

describe('process-delivery', () => {
  it('gives back only the messages that failed', async () => {
    const unknown = JSON.stringify({ v: 1, deliveryId: 'gone' });
    const answer = await handle(batch(unknown, 'no json', '{"v":9,"deliveryId":"x"}', '{}', unknown));
    expect(answer).toEqual({ batchItemFailures: ['m1', 'm2', 'm3'].map((itemIdentifier) => ({ itemIdentifier })) });
    expect(errors).toHaveLength(3);
  });

  it('stores an EventBridge event under its id, once, and processes it', async () => {
    const body = JSON.stringify(ecr);
    expect(await handle(batch(body, body))).toEqual({ batchItemFailures: [] });
    const { items } = await ports.deliveries.list({ receivers: ['ecr'], limit: 10 });
    expect(items).toMatchObject([{ receiver: 'ecr', status: 'processed', signed: true }]);
  });

  it.each([
    ['ecr', { id: 'failed', detail: { ...ecr.detail, result: 'FAILURE' } }],
    ['ecr', { id: 'referrer', 'detail-type': 'ECR Referrer Action' }],
    ['inspector2', { id: 'inspector', source: 'aws.inspector2', 'detail-type': 'Inspector2 Scan' }],
  ])('stores an event of no interest under %s, without events', async (receiver, change) => {
    expect(await handle(batch(JSON.stringify({ ...ecr, ...change })))).toEqual({ batchItemFailures: [] });
    const stored = await ports.deliveries.find(deliveryId(receiver, change.id, ports.sha256));
    expect(stored).toMatchObject({ receiver, status: 'processed', events: [] });
  });

  it.each([
    [{ id: 'bad', detail: { ...ecr.detail, 'image-digest': 'sha256:x' } }, 'detail.image-digest'],
    [{ id: 'foreign', source: 'aws.s3' }, 'Events of aws.s3 (foreign) have no place here.'],
  ])('gives %j back each time, stores nothing and says why', async (change, why) => {
    const before = (await ports.deliveries.list({ receivers: ['ecr'], limit: 10 })).items.length;
    const body = JSON.stringify({ ...ecr, ...change });
    expect(await handle(batch(body, body))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm0' }, { itemIdentifier: 'm1' }],
    });
    expect((await ports.deliveries.list({ receivers: ['ecr'], limit: 10 })).items).toHaveLength(before);
    expect(errors.at(-1)).toMatchObject({ messageId: 'm1', error: { message: expect.stringContaining(why) } });
  });

  it('starts one execution of an image pushed to ECR, however often that is told', async () => {
    const intake = await createIntake(tables);
    const repository = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop';
    await intake.pipeline('shop', { image: { type: 'registry', repository, on: ['push'] } });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    const detail = { ...ecr.detail, 'action-type': 'PUSH', 'image-digest': digest, 'image-tag': '1.0' };
    const body = JSON.stringify({ ...ecr, detail });
    const handleEcr = createHandler(intake.ports);
    await Promise.all([handleEcr(batch(body, body)), handleEcr(batch(body))]);
    const [execution, ...more] = await intake.executions('shop');
    expect(more).toEqual([]);
    expect(execution).toMatchObject({
      trigger: { type: 'push', receiver: 'ecr', repository, tag: '1.0' },
      bound: [{ artifact: { reference: `${repository}@${digest}` } }],
    });
    expect(intake.sent).toEqual([]);
  });

  it.each([undefined, null, {}, { Records: [{ body: 'x' }] }])('refuses %j, which no queue sends', async (event) => {
    await expect(handle(event)).rejects.toMatchObject({ name: 'internal' });
  });
});
