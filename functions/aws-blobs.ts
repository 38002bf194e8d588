import { S3Client } from '@aws-sdk/client-s3';
import { createBlobStore } from '../shared/adapters/s3/blob-store.ts';
import type { BlobStore } from '../shared/ports/access-store.ts';

/** A module of its own, so that a bundle loads it only when it is used. */
export function awsBlobs(bucket: string): BlobStore {
  return createBlobStore(new S3Client({}), bucket);
}
