import type { Clock } from '../../ports/clock.ts';
import type { Ports } from '../../ports/ports.ts';
import { createAccountStore } from './account-store.ts';
import { createArtifactStore } from './artifact-store.ts';
import { createContentStore } from './content-store.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { createEnvironmentStore } from './environment-store.ts';
import { createExecutionStore } from './execution-store.ts';
import { createPipelineStore } from './pipeline-store.ts';
import { createReceiverStore } from './receiver-store.ts';
import { createRetentionStore } from './retention-store.ts';
import type { Table } from './table.ts';
import { createTokenStore } from './token-store.ts';
import { createWatchStore } from './watch-store.ts';

export type Stores = Pick<
  Ports,
  | 'receivers'
  | 'deliveries'
  | 'artifacts'
  | 'contents'
  | 'retention'
  | 'pipelines'
  | 'executions'
  | 'environments'
  | 'accounts'
  | 'tokens'
  | 'watches'
>;

/** Every store port over one table. */
export function createStores(table: Table, clock: Clock): Stores {
  return {
    receivers: createReceiverStore(table, clock),
    deliveries: createDeliveryStore(table, clock),
    artifacts: createArtifactStore(table),
    contents: createContentStore(table),
    retention: createRetentionStore(table),
    pipelines: createPipelineStore(table),
    executions: createExecutionStore(table),
    environments: createEnvironmentStore(table),
    accounts: createAccountStore(table),
    tokens: createTokenStore(table),
    watches: createWatchStore(table),
  };
}
