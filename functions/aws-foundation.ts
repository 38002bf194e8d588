import { createHash, randomBytes } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createDynamoClient } from '../shared/adapters/dynamodb/dynamo-client.ts';
import { createStores, type Stores } from '../shared/adapters/dynamodb/stores.ts';
import { createTable } from '../shared/adapters/dynamodb/table.ts';
import { createSecretStore } from '../shared/adapters/secrets/secret-store.ts';
import { createEventQueue } from '../shared/adapters/sqs/event-queue.ts';
import type { BlobStore } from '../shared/ports/access-store.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { createLog } from '../shared/runtime/log.ts';
import type { AwsSettings } from './aws-settings.ts';

type Basics = Pick<
  Ports,
  'clock' | 'randomness' | 'sha256' | 'sha1' | 'log' | 'publicUrl' | 'secrets' | 'blobs' | 'queue'
>;

/** What every function has, and all that the intake needs: three SDK clients, and a fourth only when a body is large. */
export function awsFoundation(settings: AwsSettings): Basics & Stores {
  const clock = { now: () => Date.now() };
  const blobs = lazyBlobs(settings.bucket);
  const table = createTable(createDynamoClient(), { tableName: settings.table, blobs, clock });
  return {
    clock,
    blobs,
    randomness: { hex: (bytes) => randomBytes(bytes).toString('hex') },
    sha256: (data) => createHash('sha256').update(data).digest('hex'),
    sha1: (data) => createHash('sha1').update(data).digest(),
    log: createLog({ level: settings.logLevel, write: (line) => process.stdout.write(line), now: clock.now }),
    publicUrl: settings.publicUrl,
    secrets: createSecretStore(new SecretsManagerClient({}), { prefix: settings.secretPrefix, clock }),
    queue: createEventQueue(new SQSClient({}), settings.queueUrl),
    ...createStores(table, clock),
  };
}

/** The S3 client is the largest of all, and most deliveries never need it. */
function lazyBlobs(bucket: string): BlobStore {
  let made: Promise<BlobStore> | undefined;
  const blobs = (): Promise<BlobStore> => {
    made ??= import('./aws-blobs.ts').then(({ awsBlobs }) => awsBlobs(bucket));
    return made;
  };
  return {
    get: async (key) => (await blobs()).get(key),
    put: async (key, body) => (await blobs()).put(key, body),
  };
}
