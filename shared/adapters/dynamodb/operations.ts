import type {
  AttributeValue,
  DeleteItemCommandInput,
  PutItemCommandInput,
  QueryCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { ApiError } from '../../domain/api-error.ts';
import { Failure } from '../../domain/failure.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import { type Attributes, readAttributes, readItems, wireAttributes } from './attributes.ts';
import type { ItemKey } from './key.ts';
import { storeFailure } from './store-failure.ts';
import { addUnits, type Units } from './units.ts';

export type { Attributes } from './attributes.ts';

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
  readonly groupPuts?: ((api: AwsApi, tableName: string, alone: PutNew) => PutNew) | undefined;
}

export function createOperations(api: AwsApi, options: OperationsOptions): Operations {
  const units = options.countUnits;
  const common = { TableName: options.tableName, ...(units === undefined ? {} : { ReturnConsumedCapacity: 'TOTAL' }) };
  const onFailure = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  const read = async (operation: string, input: object): Promise<JsonObject> => {
    const answer = await asked(api, operation, { ...common, ...input });
    if (units !== undefined) addUnits(units, 'read', answer.ConsumedCapacity);
    return answer;
  };
  const write = (operation: string, input: WriteInput) =>
    answerWrite(operation, { call: api.call(operation, { ...common, ...onFailure, ...wired(input) }), units });
  const put = (input: Rest<PutItemCommandInput>) => write('PutItem', input);
  const putNew: PutNew = (Item) => put({ Item, ConditionExpression: 'attribute_not_exists(pk)' });
  return {
    async get(key) {
      const answer = await read('GetItem', { Key: keyAttributes(key), ConsistentRead: true });
      return readAttributes(answer.Item);
    },
    async query(input) {
      const answer = await read('Query', wired(input));
      return { items: readItems(answer.Items), last: readAttributes(answer.LastEvaluatedKey) };
    },
    batchGet: (keys) => batchGet(api, { keys, ...options }),
    put,
    putNew: options.groupPuts?.(api, options.tableName, putNew) ?? putNew,
    update: (input) => write('UpdateItem', input),
    remove: (input) => write('DeleteItem', input),
  };
}

export function keyAttributes(key: ItemKey): Attributes {
  return { pk: { S: key.pk }, sk: { S: key.sk } };
}

interface WriteInput {
  readonly Item?: Attributes | undefined;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
}

/** Keys have no bytes; items, and what conditions compare them with, may. */
function wired(input: WriteInput): object {
  const { Item, ExpressionAttributeValues: values } = input;
  return {
    ...input,
    ...(Item === undefined ? {} : { Item: wireAttributes(Item) }),
    ...(values === undefined ? {} : { ExpressionAttributeValues: wireAttributes(values) }),
  };
}

async function answerWrite(
  operation: string,
  options: { readonly call: Promise<JsonObject>; readonly units: Units | undefined },
): Promise<WriteOutcome> {
  const { call, units } = options;
  try {
    const answer = await call;
    if (units !== undefined) addUnits(units, 'write', answer.ConsumedCapacity);
    const attributes = readAttributes(answer.Attributes);
    return { written: true, ...(attributes === undefined ? {} : { attributes }) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.name !== 'ConditionalCheckFailedException') {
      throw storeFailure(error, operation);
    }
    if (units !== undefined) units.failedConditions += 1;
    const old = readAttributes(error.answer.Item);
    return { written: false, ...(old === undefined ? {} : { old }) };
  }
}

async function asked(api: AwsApi, operation: string, input: object): Promise<JsonObject> {
  try {
    return await api.call(operation, input);
  } catch (error) {
    throw storeFailure(error, operation);
  }
}

const keysPerBatch = 100;
const batchRounds = 8;

async function batchGet(
  api: AwsApi,
  options: OperationsOptions & { readonly keys: readonly ItemKey[] },
): Promise<readonly Attributes[]> {
  const chunks = [];
  for (let start = 0; start < options.keys.length; start += keysPerBatch) {
    chunks.push(batchGetChunk(api, { ...options, keys: options.keys.slice(start, start + keysPerBatch) }));
  }
  return (await Promise.all(chunks)).flat();
}

/** An answer is cut at 16 MB or by throttling; what was left out is asked for again. */
async function batchGetChunk(
  api: AwsApi,
  options: OperationsOptions & { readonly keys: readonly ItemKey[] },
): Promise<readonly Attributes[]> {
  const { tableName, countUnits } = options;
  const found: Attributes[] = [];
  let keys: readonly Attributes[] = options.keys.map(keyAttributes);
  for (let round = 0; keys.length > 0; round += 1) {
    if (round === batchRounds) throw new Failure('storeUnavailable', 'The table left out keys of a batch read.');
    const answer = await asked(api, 'BatchGetItem', {
      RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } },
      ...(countUnits === undefined ? {} : { ReturnConsumedCapacity: 'TOTAL' }),
    });
    if (countUnits !== undefined) addUnits(countUnits, 'read', answer.ConsumedCapacity);
    const items = readItems(isJsonObject(answer.Responses) ? answer.Responses[tableName] : undefined);
    found.push(...items);
    keys = unprocessed(answer, tableName);
    if (items.length === 0 && keys.length > 0) await pause(25 * 2 ** round);
  }
  return found;
}

function unprocessed({ UnprocessedKeys }: JsonObject, tableName: string): readonly Attributes[] {
  const left = isJsonObject(UnprocessedKeys) ? UnprocessedKeys[tableName] : undefined;
  return readItems(isJsonObject(left) ? left.Keys : undefined);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
