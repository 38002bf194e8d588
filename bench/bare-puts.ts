import { randomUUID } from 'node:crypto';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { defaultTableName } from '../shared/contracts/table-keys.ts';
import { closedLoop, type LoopResult } from './closed-loop.ts';

const body = JSON.stringify({ filler: 'x'.repeat(1_000) });

/** The least that could be called durable: one put-if-absent of an item of the same size, with no index to keep. */
export function barePuts(client: DynamoDBClient, workers: number, forMs: number): Promise<LoopResult> {
  return closedLoop({
    workers,
    forMs,
    prepare: () => `BENCH#${randomUUID()}`,
    async call(_, pk) {
      await client.send(
        new PutItemCommand({
          TableName: defaultTableName,
          Item: { pk: { S: pk }, sk: { S: 'BENCH' }, body: { S: body } },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
    },
  });
}
