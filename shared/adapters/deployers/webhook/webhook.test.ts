import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deployerContract } from '../../../../test/contracts/deployer.ts';
import { closedPort, type FixtureServer, startServer } from '../../../../test/fixtures/http-server.ts';
import { loopbackOutbound } from '../../../../test/fixtures/loopback-outbound.ts';
import type { Account, AccountSecret } from '../../../domain/account.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import { isDigest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { standardSignature } from './credentials.ts';
import { quoteAnswer } from './quote-answer.ts';
import { createWebhookDeployer, type WebhookOptions } from './webhook.ts';

const key = 'shop-20261120T101500Z-0123456789abcdef01234567/prod/main/call/1';
const whsec = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const digest = `sha256:${'a'.repeat(64)}`;
const artifact: Artifact = {
  type: 'docker/image',
  name: 'registry.local/shop',
  version: digest,
  reference: `registry.local/shop@${digest}`,
  metadata: {},
  uuid: 'u-1',
};

let server: FixtureServer;
let bodies: string[];
let reply: (response: ServerResponse) => void;

beforeEach(async () => {
  bodies = [];
  reply = (response) => response.end('{}');
  server = await startServer((_, response, body) => {
    bodies.push(body.toString());
    reply(response);
  });
});
afterEach(() => server.close());

const account = (change: Partial<Account> = {}): Account => ({
  name: 'hooks',
  type: 'webhook',
  insecure: false,
  updatedAt: 0,
  rev: 1,
  ...change,
});

function request(given: JsonObject = {}, change: Partial<StepRequest> = {}): StepRequest {
  return {
    key,
    executionId: 'shop-1',
    pipeline: 'shop',
    stage: 'prod',
    job: 'main',
    step: 'call',
    attempt: 1,
    with: { url: `${server.url}/hook`, ...given },
    artifacts: [artifact],
    polls: 0,
    startedAt: 1_000_000,
    ...change,
  };
}

interface Setup {
  readonly account?: Account;
  readonly secret?: AccountSecret;
  readonly outbound?: WebhookOptions['outbound'];
}

function run(asked: StepRequest, setup: Setup = {}): Promise<StepAnswer> {
  const found = setup.account && { account: setup.account, secret: setup.secret ?? {} };
  return createWebhookDeployer({
    outbound: setup.outbound ?? loopbackOutbound(),
    account: async (name, pipeline) => (name === 'hooks' && pipeline === 'shop' ? found : undefined),
    publicUrl: 'https://waybill.example',
    mac: async (data) => `mac-of-${data}`,
    clock: { now: () => 1_795_168_800_999 },
  }).run(asked);
}

async function fault(work: Promise<unknown>): Promise<string> {
  try {
    return `none: ${JSON.stringify(await work)}`;
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const sent = (index = 0) => server.seen[index]?.headers ?? {};

describe('sending', () => {
  it('posts the standard body under the idempotency key, observes nothing and publishes what it was about', async () => {
    if (!isDigest(digest)) throw new Error('no digest');
    const answer = await run(request({}, { wanted: digest }));
    expect(answer).toEqual({ kind: 'done', artifacts: [{ artifact }] });
    expect(server.seen[0]?.method).toBe('POST');
    expect(sent()).toMatchObject({
      'webhook-id': key,
      'webhook-timestamp': '1795168800',
      'content-type': 'application/json',
    });
    expect(sent()).not.toHaveProperty('webhook-signature');
    expect(sent()).not.toHaveProperty('waybill-callback');
    expect(sent()).not.toHaveProperty('authorization');
    expect(JSON.parse(bodies[0] ?? '')).toEqual({
      executionId: 'shop-1',
      pipeline: 'shop',
      stage: 'prod',
      job: 'main',
      step: 'call',
      attempt: 1,
      artifacts: [artifact],
    });
  });

  it.each([
    ['an object', { body: { a: [1, 'ä'] } }, '{"a":[1,"ä"]}', 'application/json'],
    ['null', { body: null }, 'null', 'application/json'],
    ['a text, as it is', { body: 'a=1' }, 'a=1', 'text/plain; charset=utf-8'],
    [
      'a text of a type of its own',
      { body: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
      'a=1',
      'application/x-www-form-urlencoded',
    ],
  ])('posts %s', async (_, given, text, type) => {
    await run(request(given));
    expect([bodies[0], sent()['content-type']]).toEqual([text, type]);
  });

  it('sends headers of its user, and none of its own twice', async () => {
    await run(request({ headers: { 'X-Team': 'shop' } }));
    expect(sent()['x-team']).toBe('shop');
    for (const name of [
      'webhook-id',
      'Webhook-Signature',
      'WEBHOOK-TIMESTAMP',
      'waybill-callback',
      'host',
      'Content-Length',
    ]) {
      expect(await fault(run(request({ headers: { [name]: 'x' } })))).toMatch(/^invalidInput: with\.headers/);
    }
    expect(server.seen).toHaveLength(1);
  });

  it.each<[string, JsonObject, string]>([
    ['a URL that is none once resolved', { url: '$${x}' }, 'invalidInput'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'invalidInput'],
    ['a URL with a password', { url: 'http://me:secret@example.com/' }, 'invalidInput'],
    ['a header of two lines', { headers: { a: 'b\r\nc: d' } }, 'invalidInput'],
    ['an unknown key', { method: 'GET' }, 'invalidInput'],
    ['a body without bounds', { body: 'x'.repeat(1024 * 1024 + 1) }, 'tooLarge'],
    ['an address that is not allowed', { url: 'http://10.0.0.1/' }, 'addressRefused'],
  ])('refuses %s', async (_, given, code) => {
    const said = await fault(run(request(given)));
    expect(said).toContain(code);
    expect(said).not.toContain('secret');
  });
});

describe('signing', () => {
  it('is that of Standard Webhooks', () => {
    // The example of the specification's own libraries.
    const signed = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}';
    expect(standardSignature(whsec, signed)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('goes with an account that has a whsec_ secret', async () => {
    await run(request({ account: 'hooks', body: { a: 1 } }), { account: account(), secret: { secret: whsec } });
    const bytes = Buffer.from(whsec.slice('whsec_'.length), 'base64');
    const expected = createHmac('sha256', bytes).update(`${key}.1795168800.{"a":1}`).digest('base64');
    expect(sent()['webhook-signature']).toBe(`v1,${expected}`);
  });

  it.each<[string, Setup, Record<string, string>]>([
    ['a webhook account without a secret', { account: account() }, {}],
    [
      'a token',
      { account: account({ type: 'http', insecure: true }), secret: { token: 'tok-en' } },
      { authorization: 'Bearer tok-en' },
    ],
    [
      'a password',
      { account: account({ type: 'http', insecure: true, username: 'me' }), secret: { password: 'pass' } },
      { authorization: 'Basic bWU6cGFzcw==' },
    ],
    [
      'a secret of an account of another type',
      { account: account({ type: 'http', insecure: true }), secret: { secret: whsec } },
      {},
    ],
  ])('%s', async (_, setup, expected) => {
    const own = setup.account && { ...setup.account, host: server.host };
    await run(request({ account: 'hooks' }), { ...setup, account: own });
    const { authorization, 'webhook-signature': signature } = sent();
    expect(JSON.parse(JSON.stringify({ authorization, signature }))).toEqual(expected);
  });

  it.each<[string, Setup, string]>([
    ['no such account', {}, 'accountNotPermitted'],
    [
      'an account of another host',
      { account: account({ host: 'elsewhere.example' }), secret: { secret: whsec } },
      'invalidInput',
    ],
    [
      'credentials without a host',
      { account: account({ type: 'http', insecure: true }), secret: { token: 't' } },
      'invalidInput',
    ],
    [
      'credentials in the clear',
      { account: account({ type: 'http', host: '127.0.0.1' }), secret: { token: 't' } },
      'invalidInput',
    ],
    ['a secret that is none', { account: account(), secret: { secret: 'whsec_§§§' } }, 'invalidInput'],
  ])('sends nothing with %s', async (_, setup, code) => {
    const said = await fault(run(request({ account: 'hooks' }), setup));
    expect(said).toContain(code);
    expect(said).not.toContain('§§§');
    expect(server.seen).toEqual([]);
  });
});

describe('answers', () => {
  it.each([
    [200, 'done'],
    [202, 'done'],
    [204, 'done'],
    [408, 'poll'],
    [425, 'poll'],
    [429, 'poll'],
    [500, 'poll'],
    [503, 'poll'],
    [599, 'poll'],
    [301, 'failed'],
    [400, 'failed'],
    [401, 'failed'],
    [404, 'failed'],
    [410, 'failed'],
    [418, 'failed'],
  ])('%s is %s', async (status, kind) => {
    reply = (response) => response.writeHead(status, { location: `${server.url}/other` }).end();
    const answer = await run(request());
    expect(answer.kind).toBe(kind);
    expect(server.seen).toHaveLength(1);
    if (answer.kind === 'failed')
      expect([answer.code, answer.message]).toEqual(['stepFailed', expect.stringContaining(String(status))]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['cut off before an answer', (response) => response.socket?.destroy()],
  ])('a connection %s is tried again', async (_, broken) => {
    reply = broken;
    expect(await run(request())).toMatchObject({ kind: 'poll' });
  });

  it('a host that is not there is tried again', async () => {
    const port = await closedPort();
    expect(await run(request({ url: `http://127.0.0.1:${port}/` }))).toMatchObject({ kind: 'poll' });
  });

  it('a body that breaks off after 200, or never ends, is taken all the same', async () => {
    reply = (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('part');
      setImmediate(() => response.socket?.destroy());
    };
    expect((await run(request())).kind).toBe('done');
    reply = (response) => void response.write('x'.repeat(100_000));
    expect((await run(request())).kind).toBe('done');
  });

  it('quotes a little of a refusal, never what is confidential', async () => {
    reply = (response) => response.writeHead(400).end(`bad\u0000\n field ${'x'.repeat(500)}`);
    expect(await run(request())).toMatchObject({
      message: expect.stringMatching(/answered 400: bad field x{100,195}$/),
    });
    for (const secret of [whsec, 'header-value-of-mine', `mac-of-${key}`]) {
      reply = (response) => response.writeHead(400).end(`you sent ${secret}`);
      const given = { account: 'hooks', headers: { 'x-key': 'header-value-of-mine' }, wait: { timeout: '1h' } };
      const answer = await run(request(given), { account: account(), secret: { secret: whsec } });
      expect(answer).toEqual({ kind: 'failed', code: 'stepFailed', message: `${server.host} answered 400` });
    }
  });

  it('quotes no refusal that repeats a login or a signature without its scheme', async () => {
    reply = (response) => {
      const { authorization, 'webhook-signature': signature } = server.seen.at(-1)?.headers ?? {};
      response.writeHead(400).end(
        `you sent ${String(authorization ?? signature)
          .split(/[ ,]/)
          .at(-1)}`,
      );
    };
    const login = account({ type: 'http', host: server.host, insecure: true, username: 'user' });
    for (const given of [
      { account: login, secret: { password: 'p4ssword' } },
      { account: account(), secret: { secret: whsec } },
    ]) {
      expect(await run(request({ account: 'hooks' }), given)).toMatchObject({ message: `${server.host} answered 400` });
    }
  });

  it.each([
    ['plain', [], 'plain'],
    ['  two\r\n lines\t', [], 'two lines'],
    ['\u001b[31mred\u202e', [], '[31mred'],
    ['x'.repeat(300), [], 'x'.repeat(200)],
    ['it is abc', ['abc'], 'it is abc'],
    ['it is abcdef', ['abcdef'], ''],
    ['', [], ''],
  ])('%j is quoted as it should be', (text, confidential, expected) => {
    expect(quoteAnswer(text, confidential)).toBe(expected);
  });
});

describe('waiting', () => {
  it('carries its callback and waits until its time is over', async () => {
    const answer = await run(request({ wait: { timeout: '2h' } }));
    expect(answer).toEqual({ kind: 'wait', why: 'callback', until: 1_000_000 + 7_200_000, memory: { sent: true } });
    expect(sent()['waybill-callback']).toBe(`https://waybill.example/v1/callbacks/mac-of-${key}`);
  });

  it('is not sent again once it is known to be sent, and is before that, under the same id', async () => {
    const asked = request({ wait: { timeout: '2h' } });
    const first = await run(asked);
    const second = await run(asked);
    const third = await run({ ...asked, memory: { sent: true } });
    expect([second, third]).toEqual([first, first]);
    expect(server.seen.map(({ headers }) => [headers['webhook-id'], headers['waybill-callback']])).toEqual(
      Array.from({ length: 2 }, () => [key, `https://waybill.example/v1/callbacks/mac-of-${key}`]),
    );
  });

  it('is tried again like any other', async () => {
    reply = (response) => response.writeHead(503).end();
    const answer = await run(request({ wait: { timeout: '2h' } }));
    expect(answer).toEqual({ kind: 'poll', memory: { lastStatus: 503 } });
  });
});

function unsoundInputs(): readonly JsonObject[] {
  return [
    {},
    { url: 'ftp://x' },
    { url: `${server.url}/`, headers: { host: 'x' } },
    { url: `${server.url}/`, account: 'none' },
  ];
}

deployerContract('webhook', async () => ({
  create: () =>
    createWebhookDeployer({
      outbound: loopbackOutbound(),
      account: async () => undefined,
      publicUrl: 'https://waybill.example',
      mac: async (data) => `mac-of-${data}`,
      clock: { now: () => 1_795_168_800_999 },
    }),
  request: request(),
  effects: async () => [...new Set(server.seen.map(({ headers }) => String(headers['webhook-id'])))],
  unsound: unsoundInputs(),
  close: async () => {},
}));
