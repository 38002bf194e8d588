import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import {
  sampleApproval,
  sampleDelivery,
  sampleDigest,
  sampleExecution,
  sampleMatch,
  sampleNode,
  samplePipelineHead,
  sampleRecorded,
  sampleTime,
} from '../../../test/contracts/store-samples.ts';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { type ItemKey, key } from './key.ts';
import { type Attributes, keyAttributes } from './operations.ts';
import type { Stores } from './stores.ts';

const tables = useEmbeddedTables();
const page = { limit: 9 };
const park = { enteredAt: 1, retry: 0, wakeAt: sampleTime, why: 'gates' as const };

interface Lag {
  readonly item: ItemKey;
  readonly before: (stores: Stores) => Promise<unknown>;
  readonly after: (stores: Stores) => Promise<unknown>;
  readonly list: (stores: Stores) => Promise<readonly unknown[]>;
}

const lags: readonly (readonly [string, Lag])[] = [
  [
    'pending deliveries',
    {
      item: { pk: key('DELIVERY', 'delivery-1'), sk: 'DELIVERY' },
      before: ({ deliveries }) => deliveries.accept(sampleDelivery()),
      after: ({ deliveries }) => deliveries.save(sampleDelivery({ status: 'processed', rev: 1 })),
      list: ({ deliveries }) => deliveries.pending(sampleTime + 1, 9),
    },
  ],
  [
    'due matches',
    {
      item: { pk: key('DELIVERY', 'delivery-1'), sk: key('MATCH', '000000', 'shop', 'image') },
      before: ({ deliveries }) => deliveries.saveMatch('delivery-1', sampleMatch({ status: 'pending', nextAt: 1 })),
      after: ({ deliveries }) => deliveries.saveMatch('delivery-1', sampleMatch({ rev: 1 })),
      list: ({ deliveries }) => deliveries.dueMatches(9, 9),
    },
  ],
  [
    'pending approvals',
    {
      item: { pk: key('APPROVAL', 'approval-1'), sk: 'APPROVAL' },
      before: ({ executions }) => executions.createApproval(sampleApproval()),
      after: ({ executions }) => executions.saveApproval(sampleApproval({ status: 'expired', rev: 1 })),
      list: async ({ executions }) => (await executions.approvals({ ...page, status: 'pending' })).items,
    },
  ],
  [
    'open executions',
    {
      item: { pk: key('EXEC', sampleExecution().id), sk: 'EXEC' },
      before: ({ executions }) => executions.create(sampleExecution()),
      after: ({ executions }) => executions.save(sampleExecution({ status: 'failed', rev: 1 })),
      list: async ({ executions }) => (await executions.open(page)).items,
    },
  ],
  [
    'executions by status',
    {
      item: { pk: key('EXEC', sampleExecution().id), sk: 'EXEC' },
      before: ({ executions }) => executions.create(sampleExecution()),
      after: ({ executions }) => executions.save(sampleExecution({ status: 'failed', rev: 1 })),
      list: async ({ executions }) => (await executions.list({ ...page, status: 'queued' })).items,
    },
  ],
  [
    'parked nodes',
    {
      item: { pk: key('EXEC', 'shop-1'), sk: key('NODE', 'prod') },
      before: ({ executions }) => executions.saveNode(sampleNode({ park })),
      after: ({ executions }) => executions.saveNode(sampleNode({ rev: 1 })),
      list: async ({ executions }) => (await executions.parked(page)).items,
    },
  ],
  [
    'artifacts by revision',
    {
      item: { pk: key('ARTIFACT', sampleRecorded(sampleDigest('a')).artifact.uuid), sk: 'ARTIFACT' },
      before: ({ artifacts }) => artifacts.record(sampleRecorded(sampleDigest('a'), { revision: 'old' })),
      after: ({ artifacts }) => artifacts.save(sampleRecorded(sampleDigest('a'), { revision: 'new', rev: 1 })),
      list: async ({ artifacts }) => (await artifacts.byRevision('old', page)).items,
    },
  ],
  [
    'pipelines',
    {
      item: { pk: key('PIPELINE', 'shop'), sk: 'HEAD' },
      before: ({ pipelines }) => pipelines.saveHead(samplePipelineHead()),
      after: ({ pipelines }) => pipelines.saveHead(samplePipelineHead({ deleted: true, rev: 1 })),
      list: ({ pipelines }) => pipelines.heads(),
    },
  ],
];

/** AWS updates an index some time after its table: a list must not show what its entries no longer are. */
it.each(lags)('%s leave out what an index still has', async (_, { item, before, after, list }) => {
  const { stores, table, client, tableName } = await tables.fresh();
  await before(stores);
  expect(await list(stores)).toHaveLength(1);
  const indexed = await table.operations.get(item);
  await after(stores);
  const update = lagging(indexed ?? {});
  await client.send(new UpdateItemCommand({ TableName: tableName, Key: keyAttributes(item), ...update }));
  expect(await list(stores)).toEqual([]);
});

/** Puts the index keys of before back under the item of after. */
function lagging(indexed: Attributes) {
  const names = Object.keys(indexed).filter((name) => name.startsWith('gsi'));
  const entries = names.flatMap((name) => {
    const value = indexed[name];
    return value === undefined ? [] : [[`:${name}`, value] as const];
  });
  return {
    UpdateExpression: `SET ${names.map((name) => `${name} = :${name}`).join(', ')}`,
    ExpressionAttributeValues: Object.fromEntries(entries),
  };
}
