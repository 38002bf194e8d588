import { describe, expect, it } from 'vitest';
import { createEksTokens } from './eks-token.ts';

const credentials = async () => ({ accessKeyId: 'AKID', secretAccessKey: 's', sessionToken: 'a+b/c=' });
const request = { pipeline: 'shop', cluster: 'prod', region: 'eu-west-1', account: 'aws-prod' };

/** What aws-iam-authenticator asks of a token (pkg/token/token.go). */
describe('a token for EKS', () => {
  it('is a signed URL of GetCallerIdentity, for a minute, with the name of the cluster signed', async () => {
    const token = await createEksTokens(async () => ({ region: 'eu-west-1', credentials }))(request);
    expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
    const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
    expect(url.origin).toBe('https://sts.eu-west-1.amazonaws.com');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Security-Token': 'a+b/c=',
      'X-Amz-Credential': expect.stringMatching(/^AKID\/\d{8}\/eu-west-1\/sts\/aws4_request$/),
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('is made of the role of the account, for the pipeline', async () => {
    const asked: unknown[] = [];
    const tokens = createEksTokens(async (target) => {
      asked.push(target);
      return { region: 'eu-west-1', credentials };
    });
    await tokens(request);
    expect(asked).toEqual([{ pipeline: 'shop', account: 'aws-prod', region: 'eu-west-1' }]);
  });

  it('says so where there is nothing to sign with', async () => {
    const none = async () => Promise.reject(new Error('no credentials'));
    await expect(createEksTokens(async () => ({ credentials: none }))(request)).rejects.toMatchObject({
      code: 'targetDenied',
    });
  });
});
