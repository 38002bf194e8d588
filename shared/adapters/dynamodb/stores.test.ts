import { describe } from 'vitest';
import { describeAccessStores } from '../../../test/contracts/access-stores.ts';
import { describeArtifactStore } from '../../../test/contracts/artifact-store.ts';
import { describeContentStore } from '../../../test/contracts/content-store.ts';
import { describeDeliveryStore } from '../../../test/contracts/delivery-store.ts';
import { describeEnvironmentStore } from '../../../test/contracts/environment-store.ts';
import { describeExecutionStore } from '../../../test/contracts/execution-store.ts';
import { describePipelineStore } from '../../../test/contracts/pipeline-store.ts';
import { describeRetention } from '../../../test/contracts/retention-store.ts';
import { describeWatchStore } from '../../../test/contracts/watch-store.ts';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';

describe('stores in the engine of this platform', () => {
  const tables = useEmbeddedTables();
  const stores = async () => (await tables.fresh()).stores;

  describe('receivers, accounts, tokens', () => describeAccessStores(stores));
  describe('deliveries', () => describeDeliveryStore(async () => (await stores()).deliveries));
  describe('pipelines', () => describePipelineStore(async () => (await stores()).pipelines));
  describe('artifacts', () => describeArtifactStore(async () => (await stores()).artifacts));
  describe('executions', () => describeExecutionStore(async () => (await stores()).executions));
  describe('environments', () => describeEnvironmentStore(async () => (await stores()).environments));
  describe('content', () => describeContentStore(async () => (await stores()).contents));
  describe('retention', () => describeRetention(stores));
  describe('watched repositories', () => describeWatchStore(async () => (await stores()).watches));
});

describe('stores whose new items are put in groups', () => {
  const tables = useEmbeddedTables('dynoxide', { grouped: true });
  const stores = async () => (await tables.fresh()).stores;

  describe('deliveries', () => describeDeliveryStore(async () => (await stores()).deliveries));
  describe('executions', () => describeExecutionStore(async () => (await stores()).executions));
  describe('environments', () => describeEnvironmentStore(async () => (await stores()).environments));
});

/** The engine for platforms without a native one: what conditions, indexes and pages ask most of. */
describe('stores in dynalite', () => {
  const tables = useEmbeddedTables('dynalite');

  describe('deliveries', () => describeDeliveryStore(async () => (await tables.fresh()).stores.deliveries));
  describe('environments', () => describeEnvironmentStore(async () => (await tables.fresh()).stores.environments));
  describe('retention', () => describeRetention(async () => (await tables.fresh()).stores));
  describe('watched repositories', () => describeWatchStore(async () => (await tables.fresh()).stores.watches));
  describe('receivers, accounts, tokens', () => describeAccessStores(async () => (await tables.fresh()).stores));
});
