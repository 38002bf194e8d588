import { describe, expect, it } from 'vitest';
import { readAwsEvent } from './aws-events.ts';

const digest = `sha256:${'7f'.repeat(32)}`;

/** As docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html shows a completed push. */
const push = {
  version: '0',
  id: '13cde686-328b-6117-af20-0e5566167482',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  time: '2019-11-16T01:54:34Z',
  region: 'us-west-2',
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'my-repository-name',
    'image-digest': digest,
    'action-type': 'PUSH',
    'image-tag': 'latest',
  },
};

const repository = '123456789012.dkr.ecr.us-west-2.amazonaws.com/my-repository-name';
const at = Date.UTC(2019, 10, 16, 1, 54, 34);

describe('readAwsEvent', () => {
  it.each([
    ['a push', push, { kind: 'push', at, repository, tag: 'latest', digest }],
    [
      'a push by digest',
      { ...push, detail: { ...push.detail, 'image-tag': undefined } },
      { kind: 'push', at, repository, tag: undefined, digest },
    ],
    [
      'a deletion',
      { ...push, detail: { ...push.detail, 'action-type': 'DELETE' } },
      { kind: 'delete', at, repository, tag: 'latest', digest },
    ],
    [
      'a push in China',
      { ...push, region: 'cn-north-1' },
      {
        kind: 'push',
        at,
        repository: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/my-repository-name',
        tag: 'latest',
        digest,
      },
    ],
  ])('%s', (_name, event, expected) => {
    expect(readAwsEvent(event)).toEqual({ receiver: 'ecr', events: [expected] });
  });

  it.each([
    ['a push that failed', { ...push, detail: { ...push.detail, result: 'FAILURE' } }],
    ['another action', { ...push, detail: { ...push.detail, 'action-type': 'REPLICATE' } }],
    ['another event of ECR', { ...push, 'detail-type': 'ECR Image Scan' }],
    ['another service', { ...push, source: 'aws.s3' }],
    ['a digest that is none', { ...push, detail: { ...push.detail, 'image-digest': 'sha256:abc' } }],
    ['no detail', { ...push, detail: undefined }],
  ])('has no interest in %s', (_name, event) => {
    expect(readAwsEvent(event)).toEqual({ events: [] });
  });
});
