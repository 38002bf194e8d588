import { createHmac, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import { putReceiver } from '../../shared/flows/put-receiver.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { HttpAnswer } from '../../shared/runtime/http-event.ts';
import type { HttpHandler } from '../../shared/runtime/http-stack.ts';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import { garClaims, garToken } from '../../test/fixtures/senders/gar/row.ts';
import { createHandler } from './handler.ts';

const tables = useEmbeddedTables();
const key = randomBytes(24);
const secret = `whsec_${key.toString('base64')}`;
const sent: string[] = [];
const lines: unknown[] = [];
const note = (message: string, more: unknown) => void lines.push([message, more]);
let ports: Ports;
let call: HttpHandler;
let url: string;

beforeAll(async () => {
  const { stores, blobs } = await tables.fresh();
  const secrets = new Map<string, string>();
  ports = partialPorts({
    ...stores,
    blobs,
    clock: { now: () => fixedNow },
    log: { info: note, warn: note, error: note },
    randomness: { hex: (bytes) => randomBytes(bytes).toString('hex') },
    secrets: {
      get: async (name) => secrets.get(name),
      put: async (name, value) => {
        secrets.set(name, value);
      },
      remove: async () => {},
    },
    outbound: {
      stream: () => Promise.reject(new Failure('outboundUnavailable', 'Nobody answers.')),
      request: () => Promise.reject(new Failure('outboundUnavailable', 'Nobody answers.')),
    },
    queue: {
      send: async (id) => {
        sent.push(id);
      },
    },
  });
  const put = await putReceiver(ports, {
    caller: { subject: 'admin', groups: ['waybill-admins'] },
    name: 'ci',
    body: { type: 'waybill', repositories: ['registry.example.com/**'], secret },
  });
  if (put.kind !== 'created') throw new Error(JSON.stringify(put));
  url = put.url;
  call = createHandler(ports);
});

const body = JSON.stringify({
  type: 'artifact.scanned',
  data: {
    digest: `sha256:${'a'.repeat(64)}`,
    repository: 'registry.example.com/shop',
    status: 'complete',
    severities: { critical: 0 },
  },
});

function signed(text: string | Uint8Array, id = 'msg_1'): Record<string, string> {
  const timestamp = String(fixedNow / 1000);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(text).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly text?: string | Uint8Array;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly base64?: boolean;
}

function post({
  path = url,
  method = 'POST',
  text = body,
  type = 'application/json',
  headers = signed(text),
  base64 = true,
}: Sent = {}): Promise<HttpAnswer> {
  return call({
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': type, ...headers },
    requestContext: { requestId: 'r', http: { method } },
    body: base64 ? Buffer.from(text).toString('base64') : text.toString(),
    isBase64Encoded: base64,
  });
}

const large = Buffer.alloc(1024 * 1024 + 1, ' ');

describe('a hook', () => {
  it('answers 202 once the event is durable, and the first id to the same again', async () => {
    const first = await post();
    expect(first.statusCode).toBe(202);
    const { deliveryId, events } = JSON.parse(first.body);
    expect([events, sent.at(-1)]).toEqual([1, deliveryId]);
    expect(await ports.deliveries.find(deliveryId)).toMatchObject({ receiver: 'ci', status: 'pending' });
    expect(JSON.parse((await post()).body)).toEqual({ deliveryId, events: 1 });
  });

  it('checks the signature over the bytes, however the gateway encodes them', async () => {
    const spaced = body.replaceAll(',', ' ,\n ');
    expect((await post({ text: spaced, headers: signed(spaced, 'msg_2'), base64: false })).statusCode).toBe(202);
    expect((await post({ text: body, headers: signed(spaced, 'msg_3') })).statusCode).toBe(401);
  });

  it.each<[string, () => Sent, number, string]>([
    [
      'a long body, before anything else',
      () => ({ path: '/v1/hooks/nope', text: large, headers: {} }),
      413,
      'tooLarge',
    ],
    ['an unknown hook, before its proof', () => ({ path: '/v1/hooks/nope', headers: {} }), 404, 'notFound'],
    ['a path that is no hook', () => ({ path: '/v1/hooks/a/b' }), 404, 'notFound'],
    ['a hook id that is none', () => ({ path: '/v1/hooks/%2e%2e' }), 404, 'notFound'],
    ['another method', () => ({ method: 'PUT' }), 405, 'methodNotAllowed'],
    ['no proof, before its form', () => ({ text: '{', type: 'text/plain', headers: {} }), 401, 'unproven'],
    ['another media type', () => ({ type: 'text/plain' }), 415, 'unsupportedMediaType'],
    ['a body that is no JSON', () => ({ text: '{' }), 400, 'malformed'],
    ['invalid UTF-8', () => ({ text: new Uint8Array([0x22, 0xff, 0x22]) }), 400, 'malformed'],
    ['JSON of another kind', () => ({ text: '{"type":"other.thing","data":{}}' }), 202, ''],
  ])('%s', async (_name, make, status, code) => {
    const answer = await post(make());
    expect(answer.statusCode).toBe(status);
    if (code !== '') expect(JSON.parse(answer.body)).toMatchObject({ status, code });
  });

  it('says the same to every wrong proof', async () => {
    const wrong: Record<string, string>[] = [
      {},
      { 'webhook-id': 'x' },
      { ...signed(body), 'webhook-signature': 'v1,AAAA' },
    ];
    const answers = await Promise.all(wrong.map((headers) => post({ headers })));
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
  });
});

describe('a question before the first delivery', () => {
  const ask = (method: string, name: string, headers: Record<string, string>, text = '') =>
    call({
      rawPath: urls.get(name) ?? '/v1/hooks/nope',
      rawQueryString: '',
      headers,
      requestContext: { requestId: 'r', http: { method } },
      body: text,
      isBase64Encoded: false,
    });
  const urls = new Map<string, string>();
  beforeAll(async () => {
    const caller = { subject: 'admin', groups: ['waybill-admins'] };
    const repositories = ['registry.example.com/**'];
    for (const body of [
      { type: 'azure-acr', repositories, secret: 'Basic d2F5YmlsbDpzZWNyZXQ=' },
      { type: 'waybill', repositories, secret },
      { type: 'gar', repositories, audience: 'a', serviceAccount: 'b@c' },
    ]) {
      const put = await putReceiver(ports, { caller, name: `a-${body.type}`, body });
      if (put.kind === 'created') urls.set(body.type, put.url);
    }
  });
  const origin = { 'webhook-request-origin': 'eventgrid.azure.net' };

  it.each([
    ['OPTIONS', 'azure-acr', origin, 200],
    ['OPTIONS', 'azure-acr', {}, 405],
    ['OPTIONS', 'waybill', origin, 405],
    ['OPTIONS', 'nobody', origin, 404],
    ['GET', 'azure-acr', origin, 405],
  ])('%s to %s with %j is %i', async (method, name, headers, status) => {
    const answer = await ask(method, name, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['webhook-allowed-origin']).toBe(status === 200 ? 'eventgrid.azure.net' : undefined);
  });

  it("answers Event Grid's validation without a proof, and nothing else", async () => {
    const type = 'Microsoft.EventGrid.SubscriptionValidationEvent';
    const question = JSON.stringify([{ id: '1', eventType: type, data: { validationCode: 'abc-123' } }]);
    const headers = { 'aeg-event-type': 'SubscriptionValidation', 'content-type': 'application/json' };
    const answer = await ask('POST', 'azure-acr', headers, question);
    expect([answer.statusCode, answer.body]).toEqual([200, '{"validationResponse":"abc-123"}']);
    expect((await ask('POST', 'azure-acr', headers, '[]')).statusCode).toBe(401);
    expect((await ask('POST', 'waybill', headers, question)).statusCode).toBe(401);
  });

  it('is 503 where keys cannot be had, so that the sender comes again', async () => {
    const token = garToken({ ...garClaims(fixedNow), aud: 'a', email: 'b@c' });
    const answer = await ask(
      'POST',
      'gar',
      { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      '{}',
    );
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
  });
});

describe('the log', () => {
  const hidden = '0123456789abcdefXYZ';
  let hub = '';
  beforeAll(async () => {
    const body = { type: 'dockerhub', repositories: ['docker.io/acme/**'], secret: hidden };
    const put = await putReceiver(ports, {
      caller: { subject: 'admin', groups: ['waybill-admins'] },
      name: 'hub',
      body,
    });
    if (put.kind === 'created') hub = put.url;
  });
  const push = { push_data: { pushed_at: 1, tag: '1.0' }, repository: { repo_name: 'acme/shop' } };
  const send = (query: string, text: string) =>
    call({
      rawPath: hub,
      rawQueryString: query,
      headers: { 'content-type': 'application/json', cookie: hidden },
      requestContext: { requestId: 'r', http: { method: 'POST' } },
      body: text,
      isBase64Encoded: false,
    });

  it.each([
    ['accepted', `secret=${hidden}`, JSON.stringify(push), 202],
    ['malformed', `secret=${hidden}`, `{"${hidden}"`, 400],
    ['unproven', `secret=${hidden}x`, '{}', 401],
  ])('says whose a call was and what came of it: %s', async (outcome, query, text, status) => {
    lines.length = 0;
    const answer = await send(query, text);
    expect(answer.statusCode).toBe(status);
    const deliveryId = status === 202 ? JSON.parse(answer.body).deliveryId : undefined;
    expect(lines).toMatchObject([
      ['request', { route: '/v1/hooks/{id}', status, receiver: 'hub', sender: 'dockerhub', outcome }],
    ]);
    expect(lines).toMatchObject([['request', deliveryId === undefined ? {} : { deliveryId }]]);
    const told = JSON.stringify([lines, status === 202 ? '' : answer.body]);
    for (const secretWord of [hidden, hub, 'secret=', 'acme', 'cookie']) expect(told).not.toContain(secretWord);
  });
});
