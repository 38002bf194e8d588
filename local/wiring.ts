import { join } from 'node:path';
import { awsTargetDeployers } from '../functions/aws-target-deployers.ts';
import { createHandler as createNodeHandler } from '../functions/run-node/handler.ts';
import { whenAsked } from '../functions/when-asked.ts';
import { createAwsApi } from '../shared/adapters/aws-api/aws-api.ts';
import type { AwsTarget } from '../shared/adapters/aws-targets/aws-targets.ts';
import type { EksTokenRequest } from '../shared/adapters/aws-targets/eks-token.ts';
import { createCopyDeployer } from '../shared/adapters/deployers/copy/copy.ts';
import { createDirectoryDeployer } from '../shared/adapters/deployers/directory/directory.ts';
import { kubernetesDeployers } from '../shared/adapters/deployers/kubernetes/deployers.ts';
import { createTagDeployer } from '../shared/adapters/deployers/tag/tag.ts';
import { createWebhookDeployer } from '../shared/adapters/deployers/webhook/webhook.ts';
import { ensureTable } from '../shared/adapters/dynamodb/create-table.ts';
import { createDynamoClient } from '../shared/adapters/dynamodb/dynamo-client.ts';
import { createGroupedPuts } from '../shared/adapters/dynamodb/grouped-puts.ts';
import { createStores } from '../shared/adapters/dynamodb/stores.ts';
import { createTable } from '../shared/adapters/dynamodb/table.ts';
import { createFetchers } from '../shared/adapters/fetchers/fetchers.ts';
import { harborScanResults } from '../shared/adapters/harbor/scan-results.ts';
import { createRegistryClient } from '../shared/adapters/oci/registry-client.ts';
import { createRegistryListing } from '../shared/adapters/oci/registry-listing.ts';
import { createOutbound } from '../shared/adapters/outbound/outbound.ts';
import { createReportFetcher } from '../shared/adapters/reports/report-fetcher.ts';
import { defaultTableName } from '../shared/contracts/table-keys.ts';
import type { Artifact } from '../shared/domain/artifact.ts';
import { Failure } from '../shared/domain/failure.ts';
import { artifactContent } from '../shared/flows/artifact-content.ts';
import { findUsableAccount, getUsableAccount } from '../shared/flows/find-usable-account.ts';
import { finishExecution } from '../shared/flows/finish-execution.ts';
import { mayPipelinePush } from '../shared/flows/may-pipeline-push.ts';
import { registryAccounts } from '../shared/flows/registry-accounts.ts';
import { storeOwnDelivery } from '../shared/flows/store-own-delivery.ts';
import { stateMachine } from '../shared/machine/state-machine.ts';
import type { Log } from '../shared/ports/clock.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { compression } from '../shared/runtime/compression.ts';
import { system } from '../shared/runtime/system.ts';
import { withTestFaults } from './crash-points.ts';
import { createDiskBlobs } from './disk-blobs.ts';
import { createDiskSecrets } from './disk-secrets.ts';
import { createDiskSigner } from './disk-signer.ts';
import { createDiskWebFiles } from './disk-web-files.ts';
import { createEngine, type Engine, type MachineEnd } from './engine/engine.ts';
import { createLocalQueue, type LocalQueue } from './event-queue.ts';
import type { Push } from './registry/pushes.ts';
import { createRegistry, type Registry } from './registry/registry.ts';
import type { Settings } from './settings.ts';

export interface WiringOptions {
  readonly settings: Settings;
  readonly dynamoEndpoint: string;
  /** The one that the service brings: it takes several puts in one request, and charges no write units. Of others that is not known. */
  readonly ownEngine?: boolean;
  readonly publicUrl: string;
  readonly log: Log;
}

export interface Wired {
  readonly ports: Ports;
  readonly engine: Engine;
  readonly queue: LocalQueue;
  readonly registry: Registry;
}

const { clock, randomness } = system;

/** Every port of the embedded engine over one data folder. */
export async function wire(options: WiringOptions): Promise<Wired> {
  const { settings, log } = options;
  const late: LatePorts = {};
  const registry = createRegistry({
    folder: join(settings.dataDir, 'registry'),
    clock,
    randomness,
    log,
    onPush: (push) => storePush(portsOf(late), push),
  });
  const queue = createLocalQueue({ log, concurrency: 8, capacity: 10_000 });
  const engine = createLateEngine(late, log);
  const plain = await createPorts(options, { registry, queue, engine });
  const ports = withTestFaults(plain, { env: process.env, die: () => process.kill(process.pid, 'SIGKILL') });
  late.ports = ports;
  return { ports, engine, queue, registry };
}

/** Engine and registry call flows, and flows call them: what is made first gets the ports later. */
interface LatePorts {
  ports?: Ports;
}

function portsOf({ ports }: LatePorts): Ports {
  if (ports === undefined) throw new Error('The ports are not wired yet.');
  return ports;
}

function createLateEngine(late: LatePorts, log: Log): Engine {
  let handler: ReturnType<typeof createNodeHandler> | undefined;
  const node = () => {
    handler ??= createNodeHandler(portsOf(late));
    return handler;
  };
  return createEngine({
    definition: stateMachine({
      run: 'arn:aws:lambda:local:0:function:run',
      park: 'arn:aws:lambda:local:0:function:park',
    }),
    async run(input) {
      const output = await node()(input);
      if (output === undefined) throw new Error('Run gave no answer.');
      return output;
    },
    async park(input) {
      await node()(input);
    },
    onEnd: (end) => finishMachine(portsOf(late), end),
    log,
    clock,
  });
}

/** What ended well has said so in the ledger; anything else is finished from here. */
async function finishMachine(ports: Ports, end: MachineEnd): Promise<void> {
  const error = [end.status, end.error, end.cause].filter((part) => part !== undefined).join(': ');
  await finishExecution(ports, { machine: end.machine, error });
}

async function storePush(ports: Ports, push: Push): Promise<void> {
  const { id: key, at, actor, tag, digest, mediaType } = push;
  const repository = `registry.local/${push.repository}`;
  const event = { kind: 'push', at, repository, tag, digest, mediaType, actor } as const;
  await storeOwnDelivery(ports, { receiver: 'registry.local', key, events: [event], actor, receivedAt: at });
}

interface Engines {
  readonly registry: Registry;
  readonly queue: LocalQueue;
  readonly engine: Engine;
}

async function createPorts(options: WiringOptions, engines: Engines): Promise<Ports> {
  const { settings, log } = options;
  const blobs = createDiskBlobs(join(settings.dataDir, 'blobs'));
  const secrets = createDiskSecrets(join(settings.dataDir, 'secrets'));
  const unsigned = settings.dynamoEndpoint === undefined;
  const client = createDynamoClient({ endpoint: options.dynamoEndpoint, unsigned });
  await ensureTable(client, defaultTableName);
  client.destroy();
  const api = createAwsApi('dynamodb', { endpoint: options.dynamoEndpoint, unsigned });
  const groupPuts = options.ownEngine === true ? createGroupedPuts : undefined;
  const packs = options.ownEngine !== true;
  const table = createTable(api, { tableName: defaultTableName, blobs, clock, groupPuts, packs });
  const stores = createStores(table, clock);
  const outbound = createOutbound({ allow: settings.outboundAllow });
  const accounts = registryAccounts({ ...stores, secrets });
  const registry = createRegistryClient({ outbound, accounts, embedded: engines.registry.client, clock });
  const signer = await createDiskSigner(join(settings.dataDir, 'keys'));
  // One machine has no place where metrics would be looked at; what happened is in the log and in the API.
  const metrics = { add: () => {} };
  const webFiles = createDiskWebFiles(join(import.meta.dirname, '..', 'web', 'dist'));
  const base = {
    ...stores,
    ...system,
    webFiles,
    compression,
    log,
    metrics,
    blobs,
    secrets,
    outbound,
    registry,
    signer,
  };
  return {
    ...base,
    queue: engines.queue,
    orchestrator: engines.engine,
    scanResults: harborScanResults({ outbound, accounts }),
    listing: createRegistryListing({ outbound, accounts, clock }),
    reports: createReportFetcher(outbound),
    fetchers: createFetchers({ outbound, registry }),
    deployers: createDeployers(options, base),
    publicUrl: options.publicUrl,
  };
}

type DeployerPorts = Pick<
  Ports,
  | 'accounts'
  | 'blobs'
  | 'compression'
  | 'contents'
  | 'outbound'
  | 'pipelines'
  | 'registry'
  | 'secrets'
  | 'sha256'
  | 'signer'
>;

function createDeployers({ settings, publicUrl }: WiringOptions, ports: DeployerPorts): Ports['deployers'] {
  const { registry, outbound, signer } = ports;
  // What Node calls x64 and ia32 is amd64 and 386 in images.
  const architecture = new Map([
    ['x64', 'amd64'],
    ['ia32', '386'],
  ]).get(process.arch);
  const platform = { os: 'linux', architecture: architecture ?? process.arch };
  const account = (name: string, pipeline: string) => findUsableAccount(ports, { name, pipeline });
  const content = (artifact: Artifact, pipeline: string) => artifactContent(ports, { artifact, pipeline });
  const deployers = [
    createDirectoryDeployer({ registry, roots: settings.deployRoots, platform }),
    createWebhookDeployer({ outbound, account, publicUrl, mac: signer.mac, clock }),
    createTagDeployer({ registry }),
    ...kubernetesDeployers({
      outbound,
      account: (name, pipeline) => getUsableAccount(ports, { name, pipeline }),
      eksToken: eksTokens(awsTargets(ports)),
      content,
    }),
    createCopyDeployer({ registry, clock, mayPush: (pipeline, to) => mayPipelinePush(ports, pipeline, to) }),
    ...awsTargetDeployers({ clock, config: awsTargets(ports), content }),
  ];
  return Object.fromEntries(deployers.map((deployer) => [deployer.kind, deployer]));
}

/** Tokens for clusters of EKS; what signs them is loaded when one is asked for. */
function eksTokens(targets: ReturnType<typeof awsTargets>) {
  return async (request: EksTokenRequest) => {
    const { createEksTokens } = await import('../shared/adapters/aws-targets/eks-token.ts');
    return createEksTokens(targets)(request);
  };
}

/** Roles are taken with the credentials of this process, which are somebody's own here: no step acts with those themselves. */
function awsTargets(ports: Pick<Ports, 'accounts' | 'pipelines' | 'secrets'>) {
  const targets = whenAsked(async () => {
    const { createAwsTargets } = await import('../shared/adapters/aws-targets/aws-targets.ts');
    const account = async (name: string, pipeline: string) =>
      (await getUsableAccount(ports, { name, pipeline })).account;
    return createAwsTargets({ account, clock });
  });
  return async (target: AwsTarget) => {
    if (target.account === undefined) {
      throw new Failure('invalidInput', 'with.account: on one machine this step needs an account of type aws.');
    }
    return (await targets())(target);
  };
}
