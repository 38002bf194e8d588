import { describe, expect, it } from 'vitest';
import { createAwsApi } from './aws-api.ts';
import type { Answer, Request } from './exchange.ts';
import type { ServiceName } from './services.ts';

const now = Date.UTC(2026, 10, 20, 10, 15);
const env = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };

type Reply = Partial<Answer> | { readonly broken: string };

const ok: Reply = { body: '{"done":true}' };
const refusal = (name: string, status = 400): Reply => ({
  status,
  body: JSON.stringify({ __type: name, message: 'm' }),
});

interface Rig {
  readonly name?: ServiceName;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly endpoint?: string;
  readonly unsigned?: boolean;
}

/** The client, answered by each reply in turn, the last for ever; pauses are noted and not made. */
function rig(replies: readonly Reply[], { name = 'dynamodb', variables, ...rest }: Rig = {}) {
  const sent: Request[] = [];
  const pauses: number[] = [];
  const api = createAwsApi(name, {
    ...rest,
    env: { ...env, ...variables },
    now: () => now,
    random: () => 1,
    pause: async (ms) => void pauses.push(ms),
    async exchange(request) {
      sent.push(request);
      const reply = replies[Math.min(sent.length, replies.length) - 1] ?? ok;
      if ('broken' in reply) throw Object.assign(new Error('broken'), { code: reply.broken });
      return { status: 200, headers: {}, body: '', ...reply };
    },
  });
  return { api, sent, pauses, call: () => api.call('GetItem', { TableName: 't' }) };
}

describe('a call', () => {
  it.each<[ServiceName, string, string, string]>([
    ['dynamodb', 'https://dynamodb.eu-west-1.amazonaws.com/', 'DynamoDB_20120810.Op', 'application/x-amz-json-1.0'],
    ['sqs', 'https://sqs.eu-west-1.amazonaws.com/', 'AmazonSQS.Op', 'application/x-amz-json-1.0'],
    ['states', 'https://states.eu-west-1.amazonaws.com/', 'AWSStepFunctions.Op', 'application/x-amz-json-1.0'],
    [
      'secretsmanager',
      'https://secretsmanager.eu-west-1.amazonaws.com/',
      'secretsmanager.Op',
      'application/x-amz-json-1.1',
    ],
  ])('of %s goes to %s as %s', async (name, url, target, type) => {
    const { api, sent } = rig([ok], { name });
    expect(await api.call('Op', { a: 1 })).toEqual({ done: true });
    expect(sent).toMatchObject([{ body: '{"a":1}', headers: { 'x-amz-target': target, 'content-type': type } }]);
    expect(sent[0]?.url.href).toBe(url);
    expect(sent[0]?.headers.authorization).toContain(`Credential=AKIDEXAMPLE/20261120/eu-west-1/${name}/aws4_request`);
  });

  it.each<[Readonly<Record<string, string | undefined>>, string]>([
    [{ AWS_REGION: undefined, AWS_DEFAULT_REGION: 'us-east-1' }, 'https://dynamodb.us-east-1.amazonaws.com/'],
    [{ AWS_REGION: 'cn-north-1' }, 'https://dynamodb.cn-north-1.amazonaws.com.cn/'],
    [{ AWS_REGION: 'us-gov-west-1' }, 'https://dynamodb.us-gov-west-1.amazonaws.com/'],
    [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/'],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_DYNAMODB: 'http://b' }, 'http://b/'],
    [{ AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_SQS: 'http://b' }, 'http://a/'],
    [{ AWS_ENDPOINT_URL: '' }, 'https://dynamodb.eu-west-1.amazonaws.com/'],
  ])('with %j goes to %s', async (variables, url) => {
    const { call, sent } = rig([ok], { variables });
    await call();
    expect(sent[0]?.url.href).toBe(url);
  });

  it('carries the token of temporary credentials, and takes those that stand there now', async () => {
    const variables: Record<string, string> = { AWS_SESSION_TOKEN: 'one' };
    const { call, sent } = rig([ok], { variables });
    await call();
    expect(sent[0]?.headers).toMatchObject({ 'x-amz-security-token': 'one' });
    expect(sent[0]?.headers.authorization).toContain(
      'SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;',
    );
  });

  it.each(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])('without %s says so and is not sent', async (name) => {
    const { call, sent } = rig([ok], { variables: { [name]: undefined } });
    await expect(call()).rejects.toThrow(name);
    expect(sent).toEqual([]);
  });

  it('cannot be made without a Region', () => {
    expect(() => rig([], { variables: { AWS_REGION: '' } })).toThrow('AWS_REGION');
  });

  it('of an engine on loopback has the form of a signature, without one', async () => {
    const { call, sent } = rig([ok], {
      endpoint: 'http://127.0.0.1:8000',
      unsigned: true,
      variables: { AWS_REGION: '' },
    });
    await call();
    expect(sent[0]?.headers.authorization).toMatch(/Signature=0$/);
  });
});

describe('an answer', () => {
  it.each<[string, Reply, object]>([
    ['a name', refusal('Named'), { name: 'Named', message: 'm', $metadata: { httpStatusCode: 400 } }],
    ['a namespace', refusal('com.amazonaws.dynamodb.v20120810#Named'), { name: 'Named' }],
    ['a header', { ...refusal('Other'), headers: { 'x-amzn-errortype': 'Named:http://x/' } }, { name: 'Named' }],
    [
      'its body',
      { status: 400, body: '{"__type":"a#Named","Item":{"pk":{"S":"x"}}}' },
      { answer: { Item: { pk: { S: 'x' } } } },
    ],
    ['no name', { status: 403, body: '<html>' }, { name: 'Status403', answer: {} }],
  ])('that refuses is an error with %s', async (_what, reply, error) => {
    const { call, sent } = rig([reply]);
    await expect(call()).rejects.toMatchObject(error);
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['', {}],
    ['{}', {}],
  ])('of %j is %j', async (body, read) => {
    expect(await rig([{ body }]).call()).toEqual(read);
  });
});

describe('what may pass', () => {
  it.each<[string, Reply, readonly number[]]>([
    ['a broken connection', { broken: 'ECONNRESET' }, [100, 200]],
    ['no answer in time', { broken: 'ETIMEDOUT' }, [100, 200]],
    ['a fault of the service', refusal('InternalServerError', 500), [100, 200]],
    ['a page of a gateway', { status: 503, body: '<html>' }, [100, 200]],
    ['half an answer', { status: 200, body: '{"Item' }, [100, 200]],
    ['throttling', refusal('ProvisionedThroughputExceededException'), [500, 1_000]],
    ['throttling by its status', refusal('Whatever', 429), [500, 1_000]],
  ])('is tried three times: %s', async (_what, reply, expected) => {
    const { call, sent, pauses } = rig([reply]);
    await expect(call()).rejects.toThrow();
    expect([sent.length, pauses]).toEqual([3, expected]);
    const better = rig([reply, reply, ok]);
    expect(await better.call()).toEqual({ done: true });
  });

  it.each(['ConditionalCheckFailedException', 'ValidationException', 'AccessDeniedException', 'TaskTimedOut'])(
    'is not %s',
    async (name) => {
      const { call, sent } = rig([refusal(name)]);
      await expect(call()).rejects.toMatchObject({ name });
      expect(sent).toHaveLength(1);
    },
  );

  it('is tried a hundred times in a row and then no more, until calls work again', async () => {
    const replies: Reply[] = [{ broken: 'ECONNRESET' }];
    const { call, sent } = rig(replies);
    for (let n = 0; n < 60; n += 1) await expect(call()).rejects.toThrow();
    expect(sent).toHaveLength(60 + 100);
    replies.splice(0, 1, ok);
    for (let n = 0; n < 5; n += 1) await call();
    replies.splice(0, 1, { broken: 'ECONNRESET' });
    await expect(call()).rejects.toThrow();
    expect(sent).toHaveLength(60 + 100 + 5 + 2);
  });
});

describe('a clock that is wrong', () => {
  const right = now + 3_600_000;
  const skewed = (name: string): Reply => ({ ...refusal(name, 403), headers: { date: new Date(right).toUTCString() } });

  it.each(['InvalidSignatureException', 'RequestExpired', 'RequestTimeTooSkewed'])(
    'is set by the Date of an answer, and %s is tried again',
    async (name) => {
      const { call, sent } = rig([skewed(name), ok]);
      expect(await call()).toEqual({ done: true });
      await call();
      expect(sent.map(({ headers }) => headers['x-amz-date'])).toEqual([
        ...['20261120T101500Z', '20261120T111500Z', '20261120T111500Z'],
      ]);
    },
  );

  it('is not what is wrong where the Date is ours', async () => {
    const reply = { ...refusal('InvalidSignatureException', 403), headers: { date: new Date(now).toUTCString() } };
    const { call, sent } = rig([reply]);
    await expect(call()).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    expect(sent).toHaveLength(1);
  });
});
