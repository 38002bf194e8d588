import { randomUUID } from 'node:crypto';
import { key, timeKey } from '../shared/adapters/dynamodb/key.ts';
import { defaultTableName } from '../shared/contracts/table-keys.ts';
import { isJsonObject, type JsonObject } from '../shared/domain/json.ts';
import type { AwsApi } from '../shared/ports/aws-api.ts';
import { closedLoop, type LoopResult } from './closed-loop.ts';

/** The item that a delivery of this id is, as the engine has it. */
export async function storedDelivery(api: AwsApi, id: string): Promise<JsonObject> {
  const Key = { pk: { S: key('DELIVERY', id) }, sk: { S: 'DELIVERY' } };
  const { Item } = await api.call('GetItem', { TableName: defaultTableName, Key });
  if (!isJsonObject(Item)) throw new Error(`Delivery ${id} is not in the table.`);
  return Item;
}

/** One put-if-absent of such an item, under a name of its own, and nothing around it: what a hook cannot do without. */
export function barePuts(
  api: AwsApi,
  { item, workers, forMs }: { readonly item: JsonObject; readonly workers: number; readonly forMs: number },
): Promise<LoopResult> {
  return closedLoop({
    workers,
    forMs,
    prepare: () => randomUUID(),
    async call(_, id) {
      await api.call('PutItem', {
        TableName: defaultTableName,
        Item: {
          ...item,
          pk: { S: key('BENCH', id) },
          gsi1pk: { S: 'BENCH' },
          gsi1sk: { S: `${timeKey(Date.now())}#${id}` },
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      });
    },
  });
}
