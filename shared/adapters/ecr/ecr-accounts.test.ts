import { ECRClient } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { type AwsAnswer, fakeAws } from '../../../test/fake-aws.ts';
import { ecrAccounts } from './ecr-accounts.ts';

const hostIn = (region: string) => `123456789012.dkr.ecr.${region}.amazonaws.com`;
const host = hostIn('eu-west-1');
const hour = 3_600_000;
const start = Date.UTC(2026, 10, 20, 10);

/** An ECR that counts its tokens: token-1, token-2, … */
function ecr(change: (count: number) => AwsAnswer | undefined = () => undefined, lifeMs = 12 * hour) {
  const time = { now: start };
  const regions: string[] = [];
  const aws = fakeAws((_call, calls) => {
    const token = Buffer.from(`AWS:token-${calls.length}`).toString('base64');
    const expiresAt = (time.now + lifeMs) / 1000;
    return change(calls.length) ?? { json: { authorizationData: [{ authorizationToken: token, expiresAt }] } };
  });
  const clientOf = (region: string) => {
    regions.push(region);
    return new ECRClient({ ...aws.settings, region });
  };
  return { ...aws, time, regions, find: ecrAccounts({ clock: { now: () => time.now }, clientOf }) };
}

describe('accounts of ECR', () => {
  it.each(['ghcr.io', 'registry.local', 'public.ecr.aws', `${host}:443`])('are none for %s', async (other) => {
    const { find, calls } = ecr();
    expect([await find(other), calls.length]).toEqual([undefined, 0]);
  });

  it('are the user AWS with a token, for that very host', async () => {
    const { find, regions, calls } = ecr();
    expect(await find(host)).toEqual({
      account: expect.objectContaining({ type: 'registry', host, username: 'AWS', insecure: false }),
      password: 'token-1',
    });
    expect([regions, calls.map(({ operation }) => operation)]).toEqual([['eu-west-1'], ['GetAuthorizationToken']]);
  });

  it('keep a token for an hour, and are then in another state', async () => {
    const { find, time, calls } = ecr();
    const first = await find(host);
    time.now = start + hour - 1;
    expect([await find(host), calls.length]).toEqual([first, 1]);
    time.now = start + hour;
    const second = await find(host);
    expect([second?.password, calls.length]).toEqual(['token-2', 2]);
    expect(second?.account.rev).not.toBe(first?.account.rev);
  });

  it('ask again five minutes before a token expires', async () => {
    const { find, time } = ecr(undefined, hour / 2);
    await find(host);
    time.now = start + hour / 2 - 300_001;
    expect((await find(host))?.password).toBe('token-1');
    time.now += 1;
    expect((await find(host))?.password).toBe('token-2');
  });

  it('ask once for many at a time, before and after a token expires', async () => {
    const { find, time, calls } = ecr();
    const passwords = async () => (await Promise.all([find(host), find(host), find(host)])).map((one) => one?.password);
    expect(await passwords()).toEqual(['token-1', 'token-1', 'token-1']);
    time.now += hour;
    expect([await passwords(), calls.length]).toEqual([['token-2', 'token-2', 'token-2'], 2]);
  });

  it('have one token a region, of sixteen regions at most', async () => {
    const { find, regions } = ecr();
    await find(host);
    await find(`999999999999.dkr.ecr.eu-west-1.amazonaws.com`);
    expect(regions).toEqual(['eu-west-1']);
    for (let number = 1; number <= 16; number++) await find(hostIn(`us-east-${number}`));
    await find(hostIn('us-east-16'));
    await find(host);
    expect(regions.filter((region) => region === 'eu-west-1')).toHaveLength(2);
    expect(regions).toHaveLength(18);
  });

  it.each<[AwsAnswer, string, boolean]>([
    [{ error: 'AccessDeniedException' }, 'registryDenied', false],
    [{ error: 'UnrecognizedClientException' }, 'registryDenied', false],
    [{ error: 'ThrottlingException' }, 'registryUnavailable', true],
    [{ error: 'ServerException', status: 500 }, 'registryUnavailable', true],
    [{ broken: 'ECONNRESET' }, 'registryUnavailable', true],
    [{ json: {} }, 'registryUnavailable', true],
    [{ json: { authorizationData: [{ authorizationToken: 'QVdT' }] } }, 'registryUnavailable', true],
  ])('take %j for %s, and ask again the next time', async (answer, code, retryable) => {
    const { find } = ecr((count) => (count === 1 ? answer : undefined));
    await expect(find(host)).rejects.toMatchObject({ name: code, retryable });
    expect((await find(host))?.password).toBe('token-2');
  });
});
