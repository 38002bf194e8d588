import { beforeAll, describe, expect, it } from 'vitest';
import type { Ports } from '../../shared/ports/ports.ts';
import type { TaskHandler } from '../../shared/runtime/task-stack.ts';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
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

  it('lets an event of no interest go', async () => {
    const body = JSON.stringify({ ...ecr, id: 'other', source: 'aws.s3' });
    expect(await handle(batch(body))).toEqual({ batchItemFailures: [] });
    expect((await ports.deliveries.list({ receivers: ['ecr'], limit: 10 })).items).toHaveLength(1);
  });

  it.each([undefined, null, {}, { Records: [{ body: 'x' }] }])('refuses %j, which no queue sends', async (event) => {
    await expect(handle(event)).rejects.toMatchObject({ name: 'internal' });
  });
});
