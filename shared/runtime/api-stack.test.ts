import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import { Failure } from '../domain/failure.ts';
import { apiStack } from './api-stack.ts';
import type { HttpEvent } from './http-event.ts';
import { type Route, route } from './route.ts';

const answers = { 200: { description: '' } };
const shared = { summary: '', answers };
const routes: readonly Route[] = [
  route({
    ...shared,
    method: 'POST',
    path: '/v1/things/{id}',
    operation: 'post',
    access: 'caller',
    body: { kind: 'json', schema: z.strictObject({ count: z.int() }), maxBytes: 100 },
    async handle(_ports, { body, caller, params }) {
      return { status: 200, body: { body, caller, params } };
    },
  }),
  route({
    ...shared,
    method: 'GET',
    path: '/v1/things',
    operation: 'list',
    access: 'caller',
    query: z.object({ limit: z.string().regex(/^\d+$/).optional() }),
    conditional: true,
    async handle(_ports, { query }) {
      return { status: 200, body: { items: [], query } };
    },
  }),
  ...(['admin', 'operator', 'public'] as const).map((access) =>
    route({
      ...shared,
      method: 'GET',
      path: `/v1/${access}`,
      operation: access,
      access,
      async handle() {
        return { status: 200 };
      },
    }),
  ),
  route({
    ...shared,
    method: 'GET',
    path: '/v1/fails/{how}',
    operation: 'fails',
    access: 'public',
    async handle(_ports, { params }) {
      if (params.how === 'full') throw new Failure('storageFull', 'The disk is full.');
      if (params.how === 'down') throw new Failure('storeUnavailable', 'The store does not answer.');
      if (params.how === 'denied') throw new Failure('registryDenied', 'The registry refused.');
      throw new TypeError('secret detail');
    },
  }),
];

const lines: { message: string; fields: unknown }[] = [];
const keep = (message: string, fields?: Readonly<Record<string, unknown>>) => lines.push({ message, fields });
const call = apiStack(
  partialPorts({
    log: { info: keep, warn: keep, error: keep },
    tokens: {
      findByHash: async () => ({
        id: 't',
        subject: 'olga',
        groups: ['waybill-operators'],
        createdAt: 0,
        createdBy: '',
      }),
      create: async () => {},
      list: async () => [],
      remove: async () => false,
    },
  }),
  { adminToken: 'root' },
  routes,
);

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly query?: string;
  readonly token?: string;
  readonly type?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
}

function event({ method = 'GET', path, query = '', token = 'root', type, body, headers }: Sent): HttpEvent {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  return {
    rawPath: path,
    rawQueryString: query,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(type === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    requestContext: { requestId: 'id-1', http: { method } },
    ...(bytes === undefined ? {} : { body: bytes.toString('base64') }),
    isBase64Encoded: true,
  };
}

const post = { method: 'POST', path: '/v1/things/a', type: 'application/json' };

describe('apiStack', () => {
  it.each<[string, Sent, number, string?]>([
    ['a good body', { ...post, body: '{"count":1}' }, 200],
    ['a type with parameters', { ...post, type: 'Application/JSON; charset=utf-8', body: '{"count":1}' }, 200],
    ['no token', { ...post, token: '', body: '{"count":1}' }, 401, 'noToken'],
    ['a wrong token', { ...post, token: 'nope', body: '{"count":1}' }, 401, 'badToken'],
    ['no token and no such body', { ...post, token: '', body: '{' }, 401, 'noToken'],
    ['too long a body', { ...post, body: `{"count":1}${' '.repeat(100)}` }, 413, 'tooLarge'],
    ['another type', { ...post, type: 'text/plain', body: '{"count":1}' }, 415, 'unsupportedMediaType'],
    ['no type', { ...post, type: undefined, body: '{"count":1}' }, 415, 'unsupportedMediaType'],
    ['broken JSON', { ...post, body: '{"count":' }, 400, 'malformed'],
    ['no body', { ...post, body: '' }, 400, 'malformed'],
    ['invalid UTF-8', { ...post, body: new Uint8Array([0x22, 0xff, 0x22]) }, 400, 'malformed'],
    ['bottomless JSON', { ...post, body: '['.repeat(70) }, 400, 'malformed'],
    ['a wrong type inside', { ...post, body: '{"count":"1"}' }, 422, 'invalid'],
    ['an unknown key', { ...post, body: '{"count":1,"more":2}' }, 422, 'invalid'],
    ['JSON that is no object', { ...post, body: 'null' }, 422, 'invalid'],
    ['a bad query', { path: '/v1/things', query: 'limit=x' }, 400, 'malformed'],
    ['an empty parameter, which is none', { path: '/v1/things', query: 'limit=' }, 200],
    ['an admin route as an admin', { path: '/v1/admin' }, 200],
    ['an admin route as an operator', { path: '/v1/admin', token: 'wb_olga' }, 403, 'forbidden'],
    ['an operator route as an operator', { path: '/v1/operator', token: 'wb_olga' }, 200],
    ['an operator route as an admin', { path: '/v1/operator' }, 200],
    ['a public route', { path: '/v1/public', token: '' }, 200],
    ['no route', { path: '/v1/nowhere' }, 404, 'notFound'],
    ['no such method', { method: 'DELETE', path: '/v1/things' }, 405, 'methodNotAllowed'],
    ['a full disk', { path: '/v1/fails/full' }, 507, 'storageFull'],
    ['a store that is down', { path: '/v1/fails/down' }, 503, 'storeUnavailable'],
    ['a registry that refuses', { path: '/v1/fails/denied' }, 422, 'registryDenied'],
    ['a fault of ours', { path: '/v1/fails/bug' }, 500, 'internal'],
  ])('%s', async (_name, sent, status, code) => {
    const answer = await call(event(sent));
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['x-request-id']).toBe('id-1');
    if (code === undefined) return;
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ status, code, type: 'about:blank' });
  });

  it('names the faults of a body with their paths', async () => {
    const answer = await call(event({ ...post, body: '{"count":"1","more":2}' }));
    expect(JSON.parse(answer.body).errors.map((fault: { path: string }) => fault.path)).toEqual(['count', 'more']);
  });

  it('hands on who calls and what the path says', async () => {
    const answer = await call(event({ ...post, path: '/v1/things/x%2Fy', token: 'wb_olga', body: '{"count":1}' }));
    expect(JSON.parse(answer.body)).toEqual({
      body: { count: 1 },
      caller: { subject: 'olga', groups: ['waybill-operators'] },
      params: { id: 'x/y' },
    });
  });

  it('answers 304 to who has the body, by ETag', async () => {
    const first = await call(event({ path: '/v1/things' }));
    const { etag = '' } = first.headers;
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    const ask = (condition: string) =>
      call(event({ path: '/v1/things', headers: { 'if-none-match': condition } })).then((answer) => answer.statusCode);
    expect(await Promise.all([etag, `W/${etag}`, `"x", ${etag}`, '*', '"x"'].map(ask))).toEqual([
      304, 304, 304, 304, 200,
    ]);
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const [get, head] = await Promise.all(['GET', 'HEAD'].map((method) => call(event({ method, path: '/v1/things' }))));
    expect(head?.headers).toEqual(get?.headers);
    expect([get?.body === '', head?.body]).toEqual([false, '']);
  });

  it('logs template, status and subject, no path, query, header or body', async () => {
    lines.length = 0;
    await call(event({ ...post, path: '/v1/things/hidden', query: 'q=hidden', body: '{"hidden":1}' }));
    expect(lines).toEqual([
      {
        message: 'request',
        fields: {
          method: 'POST',
          route: '/v1/things/{id}',
          subject: 'admin',
          status: 422,
          ms: 0,
          correlationId: 'id-1',
        },
      },
    ]);
  });

  it('tells the caller of a fault nothing but the correlation id, and the log everything once', async () => {
    lines.length = 0;
    const answer = await call(event({ path: '/v1/fails/bug' }));
    expect(answer.body).toContain('id-1');
    expect(answer.body).not.toContain('secret detail');
    expect(lines.map((line) => line.message)).toEqual(['request failed', 'request']);
  });

  it('does not quote a broken body, which may hold a secret', async () => {
    const answer = await call(event({ ...post, body: '{"password":"hunter2"x' }));
    expect(answer.body).not.toContain('hunter2');
    expect(answer.body).toMatch(/position 21/);
  });
});
