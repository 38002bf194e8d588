import { describe, expect, it } from 'vitest';
import { parseEcrEvent } from './ecr.ts';

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
    'repository-name': 'team/shop',
    'image-digest': digest,
    'action-type': 'PUSH',
    'image-tag': 'latest',
  },
};

/** As the same page shows a completed scan. */
const scan = {
  ...push,
  'detail-type': 'ECR Image Scan',
  resources: ['arn:aws:ecr:us-west-2:123456789012:repository/team/shop'],
  detail: {
    'scan-status': 'COMPLETE',
    'repository-name': 'team/shop',
    'finding-severity-counts': { CRITICAL: 10, MEDIUM: 9 },
    'image-digest': digest,
    'image-tags': ['1.0', 'latest'],
  },
};

const repository = '123456789012.dkr.ecr.us-west-2.amazonaws.com/team/shop';
const at = Date.UTC(2019, 10, 16, 1, 54, 34);
const action = (detail: object) => ({ ...push, detail: { ...push.detail, ...detail } });
const scanned = (detail: object) => ({ ...scan, detail: { ...scan.detail, ...detail } });

describe('parseEcrEvent', () => {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  it.each([
    ['a push', push, { kind: 'push', at, repository, tag: 'latest', digest }],
    ['a push by digest', action({ 'image-tag': undefined }), { kind: 'push', at, repository, digest }],
    ['a push with an empty tag', action({ 'image-tag': '' }), { kind: 'push', at, repository, digest }],
    ['a push with a tag that is null', action({ 'image-tag': null }), { kind: 'push', at, repository, digest }],
    ['a push without a digest', action({ 'image-digest': undefined }), { kind: 'push', at, repository, tag: 'latest' }],
    [
      'a push with its media type',
      action({ 'manifest-media-type': mediaType, 'artifact-media-type': 'application/x' }),
      { kind: 'push', at, repository, tag: 'latest', digest, mediaType },
    ],
    ['a deletion', action({ 'action-type': 'DELETE' }), { kind: 'delete', at, repository, tag: 'latest', digest }],
    [
      'a push in China',
      { ...push, region: 'cn-north-1' },
      {
        ...{ kind: 'push', at, tag: 'latest', digest },
        repository: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/shop',
      },
    ],
    [
      'a scan',
      scan,
      { kind: 'scan', at, repository, digest, status: 'complete', severities: { critical: 10, medium: 9 } },
    ],
    [
      'a scan that found nothing, of one tag',
      scanned({ 'finding-severity-counts': {}, 'image-tags': ['1.0'] }),
      { kind: 'scan', at, repository, digest, tag: '1.0', status: 'complete', severities: {} },
    ],
    [
      'a scan without counts',
      scanned({ 'finding-severity-counts': undefined, 'image-tags': ['1.0'] }),
      { kind: 'scan', at, repository, digest, tag: '1.0', status: 'complete', severities: {}, uncounted: true },
    ],
    [
      'a scan that failed, of no tag',
      scanned({ 'scan-status': 'FAILED', 'finding-severity-counts': undefined, 'image-tags': [] }),
      { kind: 'scan', at, repository, digest, status: 'failed', severities: {} },
    ],
    [
      'a scan of a tag',
      scanned({ 'image-digest': undefined }),
      { kind: 'scan', at, repository, tag: '1.0', status: 'complete', severities: { critical: 10, medium: 9 } },
    ],
  ])('reads %s', (_name, event, expected) => {
    expect(parseEcrEvent(event)).toEqual({ kind: 'events', events: [expected], key: push.id });
  });

  it.each([
    ['a push that failed', action({ result: 'FAILURE' })],
    ['a signature', action({ 'artifact-media-type': 'application/vnd.dev.cosign.artifact.sig.v1+json' })],
    ['an SBOM', action({ 'artifact-media-type': 'application/spdx+json' })],
    ['another action', action({ 'action-type': 'UPDATE_STORAGE_CLASS', 'image-digest': 1 })],
    ['a scan under way', scanned({ 'scan-status': 'IN_PROGRESS' })],
    ['a referrer', { ...push, 'detail-type': 'ECR Referrer Action' }],
    ['no detail', { ...push, detail: null }],
  ])('has no interest in %s', (_name, event) => {
    expect(parseEcrEvent(event)).toEqual({ kind: 'events', events: [], key: push.id });
  });

  it.each([
    [action({ 'image-digest': 'sha256:abc' }), 'detail.image-digest: must be sha256:'],
    [action({ 'image-digest': undefined, 'image-tag': undefined }), 'detail: must have image-digest or a tag'],
    [action({ 'image-tag': 'a b' }), 'detail.image-tag: must be a tag'],
    [action({ 'repository-name': undefined }), 'detail.repository-name: '],
    [action({ 'repository-name': 'Team/../shop' }), 'make no repository'],
    [{ ...push, account: 'x/y' }, 'make no repository'],
    [scanned({ 'finding-severity-counts': { HIGH: -1 } }), 'detail.finding-severity-counts.HIGH'],
    [scanned({ 'image-digest': undefined, 'image-tags': [] }), 'detail: must have image-digest or a tag'],
  ])('names what is wrong with %#', (event, names) => {
    const message = expect.stringContaining(names);
    expect(parseEcrEvent(event)).toEqual({ kind: 'malformed', message });
    expect(parseEcrEvent(event)).toMatchObject({ message: expect.stringContaining(push.id) });
  });
});
