import { createAwsApi } from '../shared/adapters/aws-api/aws-api.ts';
import { createTable, type Table } from '../shared/adapters/dynamodb/table.ts';
import { createSecretStore } from '../shared/adapters/secrets/secret-store.ts';
import { createEventQueue } from '../shared/adapters/sqs/event-queue.ts';
import type { BlobStore } from '../shared/ports/access-store.ts';
import type { Outbound } from '../shared/ports/outbound.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { compression } from '../shared/runtime/compression.ts';
import { system } from '../shared/runtime/system.ts';
import type { AwsSettings } from './aws-settings.ts';
import { whenAsked } from './when-asked.ts';

type Basics = Pick<
  Ports,
  'clock' | 'randomness' | 'sha256' | 'sha1' | 'outbound' | 'publicUrl' | 'secrets' | 'blobs' | 'queue' | 'compression'
>;

/** What every function has, the table for its stores: no SDK client but S3's, and that only when a body is large. */
export function awsFoundation(settings: AwsSettings): { readonly basics: Basics; readonly table: Table } {
  const { clock } = system;
  const blobs = lazyBlobs(settings.bucket);
  const table = createTable(createAwsApi('dynamodb'), { tableName: settings.table, blobs, clock });
  const basics = {
    ...system,
    compression,
    blobs,
    outbound: lazyOutbound(settings),
    publicUrl: settings.publicUrl,
    secrets: createSecretStore({ prefix: settings.secretPrefix, clock }, createAwsApi('secretsmanager')),
    queue: createEventQueue(settings.queueUrl, createAwsApi('sqs')),
  };
  return { basics, table };
}

/** The S3 client is the largest of all, and most deliveries never need it. */
export function lazyBlobs(bucket: string): BlobStore {
  let made: Promise<BlobStore> | undefined;
  const blobs = (): Promise<BlobStore> => {
    made ??= import('../shared/adapters/s3/blob-store.ts').then(({ createBlobStore }) => createBlobStore(bucket));
    return made;
  };
  return {
    get: async (key) => (await blobs()).get(key),
    put: async (key, body) => (await blobs()).put(key, body),
    remove: async (key) => (await blobs()).remove(key),
  };
}

/** Few deliveries ask another server for something: a public key, a report. */
function lazyOutbound({ outboundAllow: allow }: AwsSettings): Outbound {
  const outbound = whenAsked(async () => {
    const { createOutbound } = await import('../shared/adapters/outbound/outbound.ts');
    return createOutbound({ allow });
  });
  return {
    request: async (request) => (await outbound()).request(request),
    stream: async (request) => (await outbound()).stream(request),
  };
}
