import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ensureTable } from '../shared/adapters/dynamodb/create-table.ts';
import { createStores, type Stores } from '../shared/adapters/dynamodb/stores.ts';
import { createTable } from '../shared/adapters/dynamodb/table.ts';
import { readPipelineFile } from '../shared/contracts/pipeline-file.ts';
import { imageArtifact } from '../shared/domain/artifact-identity.ts';
import { parseDigest } from '../shared/domain/digest.ts';
import { subscriptionsOf } from '../shared/flows/settle-subscriptions.ts';
import type { AwsApi } from '../shared/ports/aws-api.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { createSeedingClient } from './seeding-client.ts';

export const listeningTo = 'registry.example.com/bench/app';
const listeners = 10;

export interface Size {
  readonly pipelines: number;
  readonly artifacts: number;
}

interface Engine {
  /** For tables and batches. */
  readonly client: DynamoDBClient;
  /** What the stores call. */
  readonly api: AwsApi;
}

type SeedPorts = Pick<Ports, 'blobs' | 'clock' | 'sha1' | 'sha256'>;

/** A table of its own with so much in it: items as the stores write them. Ten pipelines listen to `listeningTo`. */
export async function seededStores(ports: SeedPorts, { client, api }: Engine, size: Size): Promise<Stores> {
  const tableName = `bench-${size.pipelines}-${size.artifacts}`;
  await ensureTable(client, tableName);
  const storesOver = (over: AwsApi) => createStores(createTable(over, { ...ports, tableName }), ports.clock);
  const seeding = createSeedingClient(client, tableName);
  const stores = storesOver(seeding.api);
  await inPortions(size.pipelines, seeding.flush, (n) => putPipeline(ports, stores, n));
  await inPortions(size.artifacts, seeding.flush, (n) => putArtifact(ports, stores, n));
  return storesOver(api);
}

const portion = 2_000;

async function inPortions(count: number, flush: () => Promise<void>, put: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await put(n);
    if (n % portion === portion - 1) await flush();
  }
  await flush();
}

async function putPipeline({ sha256 }: SeedPorts, { pipelines }: Stores, n: number): Promise<void> {
  const name = `bench-${n}`;
  const repository = n < listeners ? listeningTo : `registry.example.com/team-${n % 100}/app-${n}`;
  const text = JSON.stringify({
    name,
    sources: { image: { type: 'registry', repository, on: ['push'], tags: { include: ['v*'], exclude: ['*-rc*'] } } },
    stages: { checkpoint: { gates: [{ approval: { groups: ['qa'], count: 1, timeout: '1d' } }] } },
  });
  const read = readPipelineFile(text, 'application/json', { stepKinds: [], embedded: true });
  if (read.kind !== 'ok') throw new Error(`The seed is no pipeline: ${JSON.stringify(read)}`);
  const { file, definition } = read;
  const version = sha256(text).slice(0, 12);
  await pipelines.putVersion({ name, version, file, definition, createdAt: n, createdBy: 'bench' });
  await pipelines.putSubscriptions(subscriptionsOf(definition, version));
  const { owners } = definition;
  await pipelines.saveHead({ name, version, owners, deleted: false, updatedAt: n, updatedBy: 'bench', rev: 0 });
}

/** Half of them in the repository that is listened to, each with its tag. */
async function putArtifact({ sha1 }: SeedPorts, { artifacts }: Stores, n: number): Promise<void> {
  const digest = parseDigest(`sha256:${createHash('sha256').update(`artifact ${n}`).digest('hex')}`);
  if (digest === undefined) throw new Error('sha256 gave no digest');
  const repository = n % 2 === 0 ? listeningTo : `registry.example.com/team-${n % 100}/app-${n}`;
  const artifact = imageArtifact({ repository, digest }, sha1);
  await artifacts.record({ artifact, repository, digest, firstSeenAt: n, rev: 0 });
  await artifacts.saveTag({ repository, tag: `seed-${n}`, digest, pushedAt: n, eventAt: n, rev: 0 });
}
