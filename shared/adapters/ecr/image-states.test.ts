import { ECRClient } from '@aws-sdk/client-ecr';
import { expect, it } from 'vitest';
import { type AwsAnswer, fakeAws } from '../../../test/fake-aws.ts';
import { digestOf } from '../../../test/fixtures/oci-image.ts';
import { ecrImageStates } from './image-states.ts';

const digest = digestOf('an image');
const repository = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/shop';

function ecr(answer: AwsAnswer) {
  const aws = fakeAws(() => answer);
  const states = ecrImageStates({ clientOf: (region) => new ECRClient({ ...aws.settings, region, maxAttempts: 1 }) });
  return { ...aws, read: (of = repository) => states.read(of, digest) };
}

const image = (imageStatus?: string) => ({ json: { imageDetails: [{ imageDigest: digest, imageStatus }] } });

it('asks for the image in whatever status, in its registry', async () => {
  const { read, calls } = ecr(image('ACTIVE'));
  expect(await read()).toBe('active');
  expect(calls.map(({ operation }) => operation)).toEqual(['DescribeImages']);
  expect(JSON.parse(calls[0]?.body ?? '')).toEqual({
    registryId: '123456789012',
    repositoryName: 'team/shop',
    imageIds: [{ imageDigest: digest }],
    filter: { imageStatus: 'ANY' },
  });
});

it.each<[AwsAnswer, string]>([
  [image('ARCHIVED'), 'archived'],
  [image('ACTIVATING'), 'activating'],
  [image(), 'active'],
  [{ status: 400, error: 'AccessDeniedException' }, 'unknown'],
  [{ status: 400, error: 'InvalidParameterException' }, 'unknown'],
])('%j is %s', async (answer, state) => {
  expect(await ecr(answer).read()).toBe(state);
});

it.each<[AwsAnswer, string, boolean]>([
  [{ status: 400, error: 'ImageNotFoundException' }, 'manifestUnknown', false],
  [{ status: 400, error: 'RepositoryNotFoundException' }, 'manifestUnknown', false],
  [{ status: 500, error: 'ServerException' }, 'registryUnavailable', true],
  [{ status: 400, error: 'ThrottlingException' }, 'registryUnavailable', true],
])('%j is the failure %s', async (answer, code, retryable) => {
  await expect(ecr(answer).read()).rejects.toMatchObject({ code, retryable });
});

it('other registries are not asked', async () => {
  const { read, calls } = ecr(image('ARCHIVED'));
  expect(await read('registry.example.com/team/shop')).toBe('unknown');
  expect(calls).toEqual([]);
});
