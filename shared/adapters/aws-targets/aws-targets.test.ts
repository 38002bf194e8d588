import { describe, expect, it } from 'vitest';
import { startServer } from '../../../test/fixtures/http-server.ts';
import type { Account } from '../../domain/account.ts';
import { createAwsTargets } from './aws-targets.ts';

const now = Date.UTC(2026, 10, 20, 10, 15);
const prod = { type: 'aws', roleArn: 'arn:aws:iam::1:role/deploy', externalId: 'shop-7', region: 'eu-west-1' } as const;

/** STS as docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html shows its answer. */
async function startSts(expiration: () => Date) {
  const asked: URLSearchParams[] = [];
  const server = await startServer((_request, response, body) => {
    const query = new URLSearchParams(body.toString());
    asked.push(query);
    const refused = query.get('RoleArn')?.endsWith('/closed') ?? false;
    response.writeHead(refused ? 403 : 200, { 'content-type': 'text/xml' });
    response.end(
      refused
        ? '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>'
        : `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>KEY${asked.length}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expiration().toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return {
    asked,
    sts: { endpoint: server.url, region: 'eu-west-1', credentials, maxAttempts: 1 },
    close: server.close,
  };
}

async function withTargets(
  work: (tools: {
    targets: ReturnType<typeof createAwsTargets>;
    asked: readonly URLSearchParams[];
    clock: { now: () => number };
  }) => Promise<void>,
  account: Pick<Account, 'type' | 'roleArn' | 'externalId' | 'region'> = prod,
): Promise<void> {
  const clock = { now: () => now };
  const sts = await startSts(() => new Date(clock.now() + 3_600_000));
  try {
    await work({
      targets: createAwsTargets({ account: async () => account, clock, sts: sts.sts }),
      asked: sts.asked,
      clock,
    });
  } finally {
    await sts.close();
  }
}

describe('where a step deploys to on AWS', () => {
  it('is the service itself without an account', () =>
    withTargets(async ({ targets, asked }) => {
      expect(await targets({ pipeline: 'shop', region: 'us-east-1' })).toEqual({ region: 'us-east-1' });
      expect(asked).toEqual([]);
    }));

  it('is the role of the account, with its external id, in the name of the pipeline', () =>
    withTargets(async ({ targets, asked }) => {
      const config = await targets({ pipeline: 'shop', account: 'prod' });
      expect(config.region).toBe('eu-west-1');
      expect(await config.credentials?.()).toMatchObject({ accessKeyId: 'KEY1', sessionToken: 't' });
      expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
        RoleArn: prod.roleArn,
        ExternalId: 'shop-7',
        RoleSessionName: 'waybill-shop',
      });
    }));

  it('takes a role once while it is good, anew before its end, and for each pipeline its own', () =>
    withTargets(async ({ targets, asked, clock }) => {
      const ask = async (pipeline: string) => (await targets({ pipeline, account: 'prod' })).credentials?.();
      expect((await ask('shop'))?.accessKeyId).toBe('KEY1');
      expect((await ask('shop'))?.accessKeyId).toBe('KEY1');
      expect((await ask('cart'))?.accessKeyId).toBe('KEY2');
      clock.now = () => now + 56 * 60_000;
      expect((await ask('shop'))?.accessKeyId).toBe('KEY3');
      expect(asked.map((one) => one.get('RoleSessionName'))).toEqual(['waybill-shop', 'waybill-cart', 'waybill-shop']);
    }));

  it("prefers the step's Region", () =>
    withTargets(async ({ targets }) => {
      expect((await targets({ pipeline: 'shop', account: 'prod', region: 'us-east-1' })).region).toBe('us-east-1');
    }));

  it('refuses an account of another type', () =>
    withTargets(
      async ({ targets }) => {
        await expect(targets({ pipeline: 'shop', account: 'hub' })).rejects.toMatchObject({ code: 'invalidInput' });
      },
      { type: 'registry' },
    ));

  it('says that the role could not be taken, and tries again next time', () =>
    withTargets(
      async ({ targets, asked }) => {
        const config = await targets({ pipeline: 'shop', account: 'closed' });
        await expect(config.credentials?.()).rejects.toMatchObject({ code: 'targetDenied', retryable: false });
        await expect(config.credentials?.()).rejects.toMatchObject({ code: 'targetDenied' });
        expect(asked).toHaveLength(2);
      },
      { type: 'aws', roleArn: 'arn:aws:iam::1:role/closed' },
    ));
});
