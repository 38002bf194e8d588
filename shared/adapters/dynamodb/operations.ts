import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { Failure } from '../../domain/failure.ts';
import type { ItemKey } from './key.ts';
import { storeFailure } from './store-failure.ts';
import { addUnits, type Units } from './units.ts';

export type Attributes = Record<string, AttributeValue>;

/** `old` is what stood in the way; older engines do not say it. */
export type WriteOutcome =
  | { readonly written: true; readonly attributes?: Attributes }
  | { readonly written: false; readonly old?: Attributes };

/** Puts an item if nothing stands under its key. */
export type PutNew = (item: Attributes) => Promise<WriteOutcome>;

type Rest<T> = Omit<T, 'TableName' | 'ReturnConsumedCapacity'>;

/** The calls that the stores make, each with the table's name, counted, its errors translated. */
export interface Operations {
  /** Consistent. */
  get(key: ItemKey): Promise<Attributes | undefined>;
  /** Consistent, any number of keys, in no order; absent ones are left out. */
  batchGet(keys: readonly ItemKey[]): Promise<readonly Attributes[]>;
  query(
    input: Rest<QueryCommandInput>,
  ): Promise<{ readonly items: readonly Attributes[]; readonly last?: Attributes | undefined }>;
  put(input: Rest<PutItemCommandInput>): Promise<WriteOutcome>;
  readonly putNew: PutNew;
  update(input: Rest<UpdateItemCommandInput>): Promise<WriteOutcome>;
  remove(input: Rest<DeleteItemCommandInput>): Promise<WriteOutcome>;
}

export interface OperationsOptions {
  readonly tableName: string;
  /** Counts what the engine's answers say was consumed. */
  readonly countUnits?: Units | undefined;
  /** Another way to put new items, made over the plain one. */
  readonly groupPuts?: ((client: DynamoDBClient, tableName: string, alone: PutNew) => PutNew) | undefined;
}

export function createOperations(client: DynamoDBClient, options: OperationsOptions): Operations {
  const units = options.countUnits;
  const common = {
    TableName: options.tableName,
    ...(units === undefined ? {} : { ReturnConsumedCapacity: 'TOTAL' as const }),
  };
  const onFailure = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const };
  const write = (operation: string, call: Promise<WriteAnswer>) => answerWrite(operation, { call, units });
  const put = (input: Rest<PutItemCommandInput>) =>
    write('PutItem', client.send(new PutItemCommand({ ...common, ...onFailure, ...input })));
  const putNew: PutNew = (Item) => put({ Item, ConditionExpression: 'attribute_not_exists(pk)' });
  return {
    async get(key) {
      const call = client.send(new GetItemCommand({ ...common, Key: keyAttributes(key), ConsistentRead: true }));
      const answer = await translate('GetItem', call);
      if (units !== undefined) addUnits(units, 'read', answer.ConsumedCapacity);
      return answer.Item;
    },
    async query(input) {
      const answer = await translate('Query', client.send(new QueryCommand({ ...common, ...input })));
      if (units !== undefined) addUnits(units, 'read', answer.ConsumedCapacity);
      return { items: answer.Items ?? [], last: answer.LastEvaluatedKey };
    },
    batchGet: (keys) => batchGet(client, { keys, ...options }),
    put,
    putNew: options.groupPuts?.(client, options.tableName, putNew) ?? putNew,
    update: (input) => write('UpdateItem', client.send(new UpdateItemCommand({ ...common, ...onFailure, ...input }))),
    remove: (input) => write('DeleteItem', client.send(new DeleteItemCommand({ ...common, ...onFailure, ...input }))),
  };
}

export function keyAttributes(key: ItemKey): Attributes {
  return { pk: { S: key.pk }, sk: { S: key.sk } };
}

interface WriteAnswer {
  readonly Attributes?: Attributes | undefined;
  readonly ConsumedCapacity?: Parameters<typeof addUnits>[2];
}

async function answerWrite(
  operation: string,
  options: { readonly call: Promise<WriteAnswer>; readonly units: Units | undefined },
): Promise<WriteOutcome> {
  const { call, units } = options;
  try {
    const answer = await call;
    if (units !== undefined) addUnits(units, 'write', answer.ConsumedCapacity);
    return { written: true, ...(answer.Attributes === undefined ? {} : { attributes: answer.Attributes }) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw storeFailure(error, operation);
    if (units !== undefined) units.failedConditions += 1;
    return { written: false, ...(error.Item === undefined ? {} : { old: error.Item }) };
  }
}

async function translate<T>(operation: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw storeFailure(error, operation);
  }
}

const keysPerBatch = 100;
const batchRounds = 8;

async function batchGet(
  client: DynamoDBClient,
  options: OperationsOptions & { readonly keys: readonly ItemKey[] },
): Promise<readonly Attributes[]> {
  const chunks = [];
  for (let start = 0; start < options.keys.length; start += keysPerBatch) {
    chunks.push(batchGetChunk(client, { ...options, keys: options.keys.slice(start, start + keysPerBatch) }));
  }
  return (await Promise.all(chunks)).flat();
}

/** An answer is cut at 16 MB or by throttling; what was left out is asked for again. */
async function batchGetChunk(
  client: DynamoDBClient,
  options: OperationsOptions & { readonly keys: readonly ItemKey[] },
): Promise<readonly Attributes[]> {
  const found: Attributes[] = [];
  let keys: readonly Attributes[] = options.keys.map(keyAttributes);
  for (let round = 0; keys.length > 0; round += 1) {
    if (round === batchRounds) throw new Failure('storeUnavailable', 'The table left out keys of a batch read.');
    const answer = await translate('BatchGetItem', client.send(batchCommand(keys, options)));
    if (options.countUnits !== undefined) addUnits(options.countUnits, 'read', answer.ConsumedCapacity);
    const items = answer.Responses?.[options.tableName] ?? [];
    found.push(...items);
    keys = unprocessed(answer, options.tableName);
    if (items.length === 0 && keys.length > 0) await pause(25 * 2 ** round);
  }
  return found;
}

function batchCommand(keys: readonly Attributes[], options: OperationsOptions): BatchGetItemCommand {
  return new BatchGetItemCommand({
    RequestItems: { [options.tableName]: { Keys: [...keys], ConsistentRead: true } },
    ...(options.countUnits === undefined ? {} : { ReturnConsumedCapacity: 'TOTAL' }),
  });
}

function unprocessed(answer: BatchGetItemCommandOutput, tableName: string): readonly Attributes[] {
  return answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
