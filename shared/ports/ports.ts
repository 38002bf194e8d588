import type { AccountStore, BlobStore, SecretStore, TokenStore } from './access-store.ts';
import type { ArtifactFetcher } from './artifact-fetcher.ts';
import type { ArtifactStore } from './artifact-store.ts';
import type { Clock, Log, Randomness, Sha1, Sha256 } from './clock.ts';
import type { Compression, ContentStore } from './content-store.ts';
import type { DeliveryStore } from './delivery-store.ts';
import type { Deployer } from './deployer.ts';
import type { EnvironmentStore } from './environment-store.ts';
import type { EventQueue } from './event-queue.ts';
import type { ExecutionStore } from './execution-store.ts';
import type { ImageStates } from './image-states.ts';
import type { Calls, Metrics } from './metrics.ts';
import type { Orchestrator } from './orchestrator.ts';
import type { Outbound } from './outbound.ts';
import type { PipelineStore } from './pipeline-store.ts';
import type { ReceiverStore } from './receiver-store.ts';
import type { RegistryClient } from './registry-client.ts';
import type { RegistryListing } from './registry-listing.ts';
import type { ReportFetcher } from './report-fetcher.ts';
import type { RetentionStore } from './retention-store.ts';
import type { ScanResults } from './scan-results.ts';
import type { Signer } from './signer.ts';
import type { WatchStore } from './watch-store.ts';
import type { WebFiles } from './web-files.ts';

/** Everything that flows may need; each flow says in its own signature which of these it takes (`Pick<Ports, …>`). */
export interface Ports {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly sha256: Sha256;
  readonly sha1: Sha1;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Only where a process has one call at a time. */
  readonly calls?: Calls;
  readonly receivers: ReceiverStore;
  readonly deliveries: DeliveryStore;
  readonly artifacts: ArtifactStore;
  readonly pipelines: PipelineStore;
  readonly executions: ExecutionStore;
  readonly environments: EnvironmentStore;
  readonly accounts: AccountStore;
  readonly tokens: TokenStore;
  readonly secrets: SecretStore;
  readonly blobs: BlobStore;
  readonly contents: ContentStore;
  readonly retention: RetentionStore;
  readonly compression: Compression;
  readonly webFiles: WebFiles;
  readonly queue: EventQueue;
  readonly orchestrator: Orchestrator;
  readonly registry: RegistryClient;
  readonly scanResults: ScanResults;
  readonly listing: RegistryListing;
  /** Only where registries are known that archive images. */
  readonly imageStates?: ImageStates;
  readonly reports: ReportFetcher;
  readonly watches: WatchStore;
  readonly outbound: Outbound;
  readonly signer: Signer;
  /** By artifact type; what is absent is never fetched. */
  readonly fetchers: Readonly<Record<string, ArtifactFetcher>>;
  /** By step kind; a kind that is absent is `stepNotAvailable` on this engine. */
  readonly deployers: Readonly<Record<string, Deployer>>;
  /** Where this service is reached from outside, no trailing slash. */
  readonly publicUrl: string;
}
