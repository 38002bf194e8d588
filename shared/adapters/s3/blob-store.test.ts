import { S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { type AwsAnswer, fakeAws } from '../../../test/fake-aws.ts';
import { createBlobStore } from './blob-store.ts';

function rig(answer: AwsAnswer) {
  const aws = fakeAws(() => answer);
  return { ...aws, store: createBlobStore('waybill-blobs', new S3Client(aws.settings)) };
}

const error = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;

it('puts only what is absent', async () => {
  const { store, calls } = rig({ bytes: '' });
  await store.put('deliveries/d-1', Buffer.from('{}'));
  expect([calls[0]?.operation, calls[0]?.body]).toEqual(['PUT /deliveries/d-1', '{}']);
  expect(calls[0]?.headers['if-none-match']).toBe('*');
});

it('takes a key that is there for stored', async () => {
  const { store } = rig({ status: 412, bytes: error('PreconditionFailed') });
  await expect(store.put('k', Buffer.from('x'))).resolves.toBeUndefined();
});

it('gets the bytes', async () => {
  const { store, calls } = rig({ bytes: 'stored' });
  expect(Buffer.from((await store.get('a/b')) ?? []).toString()).toBe('stored');
  expect(calls[0]?.operation).toBe('GET /a/b');
});

it('finds nothing under an absent key', async () => {
  const { store } = rig({ status: 404, bytes: error('NoSuchKey') });
  expect(await store.get('k')).toBeUndefined();
});

it.each<[AwsAnswer, string]>([
  [{ status: 503, bytes: error('SlowDown') }, 'storeUnavailable'],
  [{ status: 409, bytes: error('ConditionalRequestConflict') }, 'storeUnavailable'],
  [{ status: 403, bytes: error('AccessDenied') }, 'internal'],
  [{ status: 404, bytes: error('NoSuchBucket') }, 'internal'],
])('takes %j for %s', async (answer, code) => {
  const { store } = rig(answer);
  await expect(store.put('k', Buffer.from('x'))).rejects.toMatchObject({ name: code });
  await expect(store.get('k')).rejects.toMatchObject({ name: code });
});
