import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { isFault, serviceFailure } from '../../domain/service-fault.ts';
import type { BlobStore } from '../../ports/access-store.ts';

/** Failures: storeUnavailable, internal. The caller needs s3:ListBucket, or a key that is absent answers 403 instead of 404. */
export function createBlobStore(bucket: string, client: Pick<S3Client, 'send'> = ownClient()): BlobStore {
  return {
    async get(key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (isFault(error, 'NoSuchKey')) return undefined;
        throw serviceFailure('The bucket', 'GetObject', error);
      }
    },
    async put(key, body) {
      const { byteLength } = body;
      try {
        await client.send(
          new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: byteLength, IfNoneMatch: '*' }),
        );
      } catch (error) {
        // 412: the key is there, and keys are derived from their content.
        if (isFault(error, 'PreconditionFailed')) return;
        throw serviceFailure('The bucket', 'PutObject', error);
      }
    },
    async remove(key) {
      try {
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      } catch (error) {
        throw serviceFailure('The bucket', 'DeleteObject', error);
      }
    },
  };
}

/** Half a minute for the largest body. */
function ownClient(): S3Client {
  return new S3Client({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
}
