import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { tableIndexes, tableKeys } from '../../contracts/table-keys.ts';

/** The one table, as the embedded engines are asked to make it; the stack declares the same from the same names. */
export function tableDefinition(tableName: string): CreateTableCommandInput {
  const names = [
    tableKeys.partition,
    tableKeys.sort,
    ...tableIndexes.flatMap((index) => [index.partition, index.sort]),
  ];
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: names.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: tableKeys.partition, KeyType: 'HASH' },
      { AttributeName: tableKeys.sort, KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: tableIndexes.map((index) => ({
      IndexName: index.name,
      KeySchema: [
        { AttributeName: index.partition, KeyType: 'HASH' },
        { AttributeName: index.sort, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    })),
  };
}
