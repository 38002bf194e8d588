import {
  BatchWriteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';

const perBatch = 25;
const batchesAtOnce = 4;

/** A client for stores that only put what is new: the same items as otherwise, 25 in a request, conditions left out. */
export interface SeedingClient {
  readonly client: DynamoDBClient;
  /** Writes what the stores have put since. */
  flush(): Promise<void>;
}

export function createSeedingClient(real: DynamoDBClient, TableName: string): SeedingClient {
  let puts: WriteRequest[] = [];
  const take = async (command: unknown): Promise<object> => {
    if (!(command instanceof PutItemCommand)) throw new Error('Only puts are expected while seeding.');
    puts.push({ PutRequest: { Item: command.input.Item } });
    return {};
  };
  const client = new Proxy(real, { get: (target, name) => (name === 'send' ? take : Reflect.get(target, name)) });
  return {
    client,
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
