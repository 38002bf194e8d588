import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { readAttributes } from '../shared/adapters/dynamodb/attributes.ts';
import type { AwsApi } from '../shared/ports/aws-api.ts';

const perBatch = 25;
const batchesAtOnce = 4;

/** What stores call that only put what is new: the same items as otherwise, 25 in a request, conditions left out. */
export interface SeedingClient {
  readonly api: AwsApi;
  /** Writes what the stores have put since. */
  flush(): Promise<void>;
}

export function createSeedingClient(real: DynamoDBClient, TableName: string): SeedingClient {
  let puts: WriteRequest[] = [];
  const api: AwsApi = {
    async call(operation, input) {
      // As the wire has it, and so as an answer would.
      const Item = 'Item' in input ? readAttributes(JSON.parse(JSON.stringify(input.Item))) : undefined;
      if (operation !== 'PutItem' || Item === undefined) throw new Error('Only puts are expected while seeding.');
      puts.push({ PutRequest: { Item } });
      return {};
    },
  };
  return {
    api,
    async flush() {
      const batches = chunks(puts);
      puts = [];
      for (let at = 0; at < batches.length; at += batchesAtOnce) {
        const some = batches.slice(at, at + batchesAtOnce);
        await Promise.all(
          some.map((batch) => real.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: batch } }))),
        );
      }
    },
  };
}

function chunks(puts: readonly WriteRequest[]): WriteRequest[][] {
  const count = Math.ceil(puts.length / perBatch);
  return Array.from({ length: count }, (_, at) => puts.slice(at * perBatch, (at + 1) * perBatch));
}
