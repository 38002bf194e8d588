import { ECRClient } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { type AwsAnswer, fakeAws } from '../../../test/fake-aws.ts';
import { ecrListing } from './registry-listing.ts';

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const repository = `${host}/team/shop`;
const digest = `sha256:${'a'.repeat(64)}`;
const asker = { pipelines: [] };

function ecr(...answers: readonly AwsAnswer[]) {
  const aws = fakeAws((_call, calls) => answers[calls.length - 1] ?? { json: {} });
  const listing = ecrListing({ clientOf: (region) => new ECRClient({ ...aws.settings, region }) });
  return { ...aws, listing };
}

describe('DescribeImages', () => {
  it('lists tags with their digests, page by page', async () => {
    const { listing, calls } = ecr(
      {
        json: {
          imageDetails: [{ imageDigest: digest, imageTags: ['1.0', 'latest'] }, { imageTags: ['x'] }],
          nextToken: 'n',
        },
      },
      { json: {} },
    );
    const items = [
      { tag: '1.0', digest },
      { tag: 'latest', digest },
    ];
    expect(await listing.tags(repository, { asker })).toEqual({ items, next: 'n' });
    expect(await listing.tags(repository, { cursor: 'n', asker })).toEqual({ items: [] });
    const asked = {
      registryId: '123456789012',
      repositoryName: 'team/shop',
      filter: { tagStatus: 'TAGGED' },
      maxResults: 1000,
    };
    expect(calls.map(({ body }) => JSON.parse(body))).toEqual([asked, { ...asked, nextToken: 'n' }]);
  });

  it.each<[AwsAnswer, string]>([
    [{ status: 400, error: 'RepositoryNotFoundException' }, 'manifestUnknown'],
    [{ status: 400, error: 'AccessDeniedException' }, 'registryDenied'],
    [{ status: 400, error: 'ThrottlingException' }, 'registryUnavailable'],
    [{ status: 503, error: 'ServerException' }, 'registryUnavailable'],
    [{ broken: 'ECONNRESET' }, 'registryUnavailable'],
  ])('%j is a failure', async (answer, code) => {
    await expect(ecr(answer).listing.tags(repository, { asker })).rejects.toMatchObject({ code });
  });

  it.each([
    [host, true],
    ['ghcr.io', false],
  ])('enters %s with its own rights: %s', (of, own) => {
    expect(ecr().listing.hasOwnRights(of)).toBe(own);
  });

  it('has no tags of other registries', async () => {
    await expect(ecr().listing.tags('ghcr.io/a/b', { asker })).rejects.toMatchObject({ code: 'manifestUnknown' });
  });
});
