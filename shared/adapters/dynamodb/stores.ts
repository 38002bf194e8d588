import type { Clock } from '../../ports/clock.ts';
import type { Ports } from '../../ports/ports.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { createExecutionStore } from './execution-store.ts';
import { createPipelineStore } from './pipeline-store.ts';
import type { Table } from './table.ts';

export type Stores = Pick<Ports, 'deliveries' | 'pipelines' | 'executions'>;

/** Every store port over one table. */
export function createStores(table: Table, clock: Clock): Stores {
  return {
    deliveries: createDeliveryStore(table, clock),
    pipelines: createPipelineStore(table),
    executions: createExecutionStore(table),
  };
}
