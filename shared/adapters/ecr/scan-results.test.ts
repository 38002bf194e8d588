import { ECRClient } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { type AwsAnswer, fakeAws } from '../../../test/fake-aws.ts';
import { type Digest, parseDigest } from '../../domain/digest.ts';
import { ecrScanResults } from './scan-results.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`) as Digest;
const repository = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/shop';

function ecr(answer: AwsAnswer) {
  const aws = fakeAws(() => answer);
  const regions: string[] = [];
  const results = ecrScanResults({
    clientOf: (region) => {
      regions.push(region);
      return new ECRClient({ ...aws.settings, region });
    },
  });
  return { ...aws, regions, read: (of = repository) => results.read(of, digest) };
}

const scan = (status: string, findingSeverityCounts?: Readonly<Record<string, number>>) => ({
  json: { imageScanStatus: { status }, ...(findingSeverityCounts && { imageScanFindings: { findingSeverityCounts } }) },
});

describe('DescribeImageScanFindings', () => {
  it('is asked in the registry’s own region and account', async () => {
    const { read, calls, regions } = ecr(scan('COMPLETE', { HIGH: 2, UNDEFINED: 1 }));
    expect(await read()).toEqual({ kind: 'complete', severities: { high: 2, undefined: 1 } });
    await read();
    expect(regions).toEqual(['eu-west-1']);
    expect(calls[0]?.operation).toBe('DescribeImageScanFindings');
    expect(JSON.parse(calls[0]?.body ?? '')).toMatchObject({
      registryId: '123456789012',
      repositoryName: 'team/shop',
      imageId: { imageDigest: digest },
    });
  });

  it.each([
    [scan('ACTIVE', {}), { kind: 'complete', severities: {} }],
    [scan('COMPLETE'), { kind: 'unknown' }],
    [scan('FAILED'), { kind: 'failed' }],
    [scan('UNSUPPORTED_IMAGE'), { kind: 'failed' }],
    [scan('FINDINGS_UNAVAILABLE'), { kind: 'unknown' }],
    [{ status: 400, error: 'ScanNotFoundException' }, { kind: 'unknown' }],
  ])('%j', async (answer, result) => {
    expect(await ecr(answer).read()).toEqual(result);
  });

  it.each([
    [scan('IN_PROGRESS'), 'registryUnavailable'],
    [scan('PENDING'), 'registryUnavailable'],
    [{ status: 400, error: 'ThrottlingException' }, 'registryUnavailable'],
    [{ status: 500, json: {} }, 'registryUnavailable'],
    [{ status: 400, error: 'AccessDeniedException' }, 'registryDenied'],
    [{ status: 400, error: 'ImageNotFoundException' }, 'manifestUnknown'],
    [{ status: 400, error: 'RepositoryNotFoundException' }, 'manifestUnknown'],
  ])('%j is a failure', async (answer, code) => {
    await expect(ecr(answer).read()).rejects.toMatchObject({ code });
  });

  it('knows nothing of other hosts', async () => {
    const { read, calls } = ecr(scan('COMPLETE', {}));
    expect([await read('ghcr.io/team/shop'), calls.length]).toEqual([{ kind: 'unknown' }, 0]);
  });
});
