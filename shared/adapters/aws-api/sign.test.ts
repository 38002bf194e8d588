import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeAws } from '../../../test/fake-aws.ts';
import { sign, type Unsigned } from './sign.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const at = Date.UTC(2015, 7, 30, 12, 36);

/** Of AWS's test suite for Signature Version 4 (aws-sig-v4-test-suite), and the example of its documentation. */
const published: readonly (readonly [string, string, Unsigned, string])[] = [
  [
    'the documented ListUsers',
    'iam',
    {
      method: 'GET',
      path: '/',
      query: 'Action=ListUsers&Version=2010-05-08',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', host: 'iam.amazonaws.com' },
      body: '',
    },
    '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  ],
  [
    'get-vanilla',
    'service',
    { method: 'GET', path: '/', headers: { host: 'example.amazonaws.com' }, body: '' },
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'get-vanilla-query-order-key-case',
    'service',
    {
      method: 'GET',
      path: '/',
      query: 'Param1=value1&Param2=value2',
      headers: { host: 'example.amazonaws.com' },
      body: '',
    },
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'post-vanilla',
    'service',
    { method: 'POST', path: '/', headers: { host: 'example.amazonaws.com' }, body: '' },
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'post-x-www-form-urlencoded',
    'service',
    {
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded', host: 'example.amazonaws.com' },
      body: 'Param1=value1',
    },
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
];

describe('a signature', () => {
  it.each(published)('is that of %s', (_name, service, request, signature) => {
    const headers = sign(request, { service, region: 'us-east-1', credentials }, at);
    expect(headers['x-amz-date']).toBe('20150830T123600Z');
    expect(headers.authorization).toMatch(new RegExp(`/20150830/us-east-1/${service}/aws4_request, .*=${signature}$`));
  });

  it('is the one that the SDK makes of the same request', async () => {
    const word = fc.stringMatching(/^[A-Za-z0-9/+=]{1,60}$/);
    const made = { accessKeyId: word, secretAccessKey: word, sessionToken: fc.option(word, { nil: undefined }) };
    const region = fc.constantFrom('eu-west-1', 'us-east-1', 'ap-southeast-2');
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.record(made), region, text, async (keys, where, body) => {
        const aws = fakeAws(() => ({ json: {} }));
        const client = new DynamoDBClient({ ...aws.settings, region: where, credentials: keys });
        await client.send(new PutItemCommand({ TableName: 't', Item: { pk: { S: body } } }));
        const [call] = aws.calls;
        if (call === undefined) throw new Error('Nothing was sent.');
        const { headers, body: sent } = call;
        expect(sign(...asSigned(headers, { sent, region: where, credentials: keys })).authorization).toBe(
          headers.authorization,
        );
      }),
      { numRuns: 60 },
    );
  });
});

/** The call of `sign` that would have made a request of the SDK's. */
function asSigned(
  headers: Readonly<Record<string, string>>,
  given: { readonly sent: string; readonly region: string; readonly credentials: typeof credentials },
): Parameters<typeof sign> {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const own = ['x-amz-date', 'x-amz-security-token'];
  const kept = names.filter((name) => !own.includes(name)).map((name) => [name, headers[name] ?? ''] as const);
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '') ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const request = { method: 'POST', path: '/', headers: Object.fromEntries(kept), body: given.sent };
  return [request, { service: 'dynamodb', region: given.region, credentials: given.credentials }, time];
}
