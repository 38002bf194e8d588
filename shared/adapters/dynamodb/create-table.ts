import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { tableKeys } from '../../contracts/table-keys.ts';
import { Failure } from '../../domain/failure.ts';
import { storeFailure } from './store-failure.ts';
import { tableDefinition } from './table-definition.ts';

const pollMs = 20;
const polls = 1_500;

/** Makes the table where there is none and waits until it takes requests: for engines that no stack has prepared. */
export async function ensureTable(client: DynamoDBClient, tableName: string): Promise<void> {
  try {
    await makeTable(client, tableName);
    await untilActive(client, tableName);
    await enableExpiry(client, tableName);
  } catch (error) {
    throw storeFailure(error, 'CreateTable');
  }
}

async function makeTable(client: DynamoDBClient, tableName: string): Promise<void> {
  try {
    await client.send(new CreateTableCommand(tableDefinition(tableName)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

async function untilActive(client: DynamoDBClient, tableName: string): Promise<void> {
  for (let poll = 0; poll < polls; poll += 1) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    if (Table?.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Failure('storeUnavailable', `Table ${tableName} did not become active.`);
}

/**
 * Asked at every start, since a start may have died after making the table. ValidationException: it is on already;
 * UnknownOperationException: an engine without expiry (dynalite) keeps what has expired, and reads leave it out anyway.
 */
async function enableExpiry(client: DynamoDBClient, tableName: string): Promise<void> {
  const command = new UpdateTimeToLiveCommand({
    TableName: tableName,
    TimeToLiveSpecification: { AttributeName: tableKeys.expiry, Enabled: true },
  });
  await client.send(command).catch((error: unknown) => {
    const expected = ['ValidationException', 'UnknownOperationException'];
    if (!(error instanceof Error) || !expected.includes(error.name)) throw error;
  });
}
