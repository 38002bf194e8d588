import { describe } from 'vitest';
import { describeExecutionStore } from '../../../test/contracts/execution-store.ts';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';

const tables = useEmbeddedTables();

describe('executions in DynamoDB', () => {
  describeExecutionStore(async () => (await tables.fresh()).stores.executions);
});
