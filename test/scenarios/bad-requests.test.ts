import { createHmac } from 'node:crypto';
import { beforeAll } from 'vitest';
import { invalid, invalidUtf8, malformed, notFound, type Refusal, useRefusals } from '../fixtures/refusals.ts';

const { at, table } = useRefusals();
const hooks = { distribution: '', waybill: '' };
const distributionSecret = 'Bearer 0123456789abcdef0123456789abcdef';
const signingKey = Buffer.alloc(32, 7);
const digest = `sha256:${'ab'.repeat(32)}`;

beforeAll(async () => {
  const receiver = async (name: string, body: object) =>
    (await at().service.call('PUT', `/v1/receivers/${name}`, { repositories: ['registry.example.com/**'], ...body }))
      .json.url;
  hooks.distribution = await receiver('dist', { type: 'distribution', secret: distributionSecret });
  hooks.waybill = await receiver('own', { type: 'waybill', secret: `whsec_${signingKey.toString('base64')}` });
});

const get = { method: 'GET' } as const;

table('queries', {
  'a limit of none': { ...get, ...malformed, path: '/v1/executions?limit=0', says: /limit/, faults: ['limit'] },
  'a limit of too many': { ...get, ...malformed, path: '/v1/pipelines?limit=201', faults: ['limit'] },
  'a limit that is no number': { ...get, ...malformed, path: '/v1/approvals?limit=ten', faults: ['limit'] },
  'a negative limit': { ...get, ...malformed, path: '/v1/receivers?limit=-1', faults: ['limit'] },
  'a limit with an exponent': { ...get, ...malformed, path: '/v1/deliveries?limit=1e2', faults: ['limit'] },
  'a cursor of nobody': { ...get, ...malformed, path: '/v1/executions?cursor=abc', says: /cursor/ },
  'a cursor of a whole list': { ...get, ...malformed, path: '/v1/pipelines?cursor=abc', says: /cursor/ },
  'a cursor of base64 JSON': {
    ...get,
    ...malformed,
    path: `/v1/deliveries?cursor=${btoa('{"pk":1}')}`,
    says: /cursor/,
  },
  'an endless cursor': { ...get, ...malformed, path: `/v1/executions?cursor=${'a'.repeat(3000)}`, faults: ['cursor'] },
  'a date that is none': { ...get, ...malformed, path: '/v1/deliveries?since=yesterday', faults: ['since'] },
  'a date without a zone': {
    ...get,
    ...malformed,
    path: '/v1/deliveries?since=2026-11-20T10:00:00',
    faults: ['since'],
  },
  'a date that was never': {
    ...get,
    ...malformed,
    path: '/v1/deliveries?since=2026-02-30T10:00:00Z',
    faults: ['since'],
  },
  'a digest that is short': { ...get, ...malformed, path: '/v1/executions?digest=sha256:ab', faults: ['digest'] },
  'a digest in capitals': {
    ...get,
    ...malformed,
    path: `/v1/executions?digest=${digest.toUpperCase()}`,
    faults: ['digest'],
  },
  'a status that is none': { ...get, ...malformed, path: '/v1/executions?status=done', faults: ['status'] },
  'an approval status that is none': { ...get, ...malformed, path: '/v1/approvals?status=maybe', faults: ['status'] },
  'artifacts of everywhere': { ...get, ...malformed, path: '/v1/artifacts', says: /name, digest or revision/ },
  'artifacts by type alone': { ...get, ...malformed, path: '/v1/artifacts?type=docker/image', says: /name/ },
});
table('paths', {
  'a route that is none': { ...get, ...notFound, path: '/v1/nothing' },
  'a route below a route': { ...get, ...notFound, path: '/v1/executions/a/b/c/d' },
  'a slash too many': { ...get, ...notFound, path: '/v1//executions' },
  'a way out': { ...get, ...notFound, path: '/v1/pipelines/..%2f..%2fetc%2fpasswd' },
  'a zero byte': { ...get, ...notFound, path: '/v1/executions/%00' },
  'percent signs of nothing': { ...get, ...malformed, path: '/v1/pipelines/%zz', says: /percent/ },
  'half a percent sign': { ...get, ...malformed, path: '/v1/executions/%', says: /percent/ },
  'bytes that are not UTF-8': { ...get, ...malformed, path: '/v1/pipelines/%ff%fe', says: /percent/ },
  'a surrogate in bytes': { ...get, ...malformed, path: '/v1/artifacts/%ed%a0%80', says: /percent/ },
  'a name without end': { ...get, ...notFound, path: `/v1/pipelines/${'a'.repeat(5000)}` },
  'a name of prototypes': { ...get, ...notFound, path: '/v1/pipelines/__proto__' },
  'an execution of nobody': { ...get, ...notFound, path: '/v1/executions/shop-20261120T101500Z-abc' },
  'its proof': { ...get, ...notFound, path: '/v1/executions/shop-20261120T101500Z-abc/proof' },
  'an artifact that is none': { ...get, ...notFound, path: '/v1/artifacts/not-a-uuid' },
  'a delivery that is none': { ...get, ...notFound, path: '/v1/deliveries/nope' },
  'a replay of none': { ...notFound, path: '/v1/deliveries/nope/replay' },
  'a cancel of none': { ...notFound, path: '/v1/executions/nope/cancel' },
  'a retry of none': { ...notFound, path: '/v1/executions/nope/retry' },
  'a version of none': { ...get, ...notFound, path: '/v1/pipelines/shop?version=9' },
  'a source of none': { ...get, ...notFound, path: '/v1/pipelines/shop/sources/none/versions' },
  'a pipeline to delete': { ...notFound, method: 'DELETE', path: '/v1/pipelines/none' },
  'a receiver to delete': { ...notFound, method: 'DELETE', path: '/v1/receivers/none' },
  'an account to delete': { ...notFound, method: 'DELETE', path: '/v1/accounts/none' },
  'a token to delete': { ...notFound, method: 'DELETE', path: '/v1/tokens/none' },
  'a method not had': { method: 'DELETE', path: '/v1/executions', status: 405, code: 'methodNotAllowed', says: /GET/ },
  'another method not had': { method: 'PUT', path: '/v1/tokens', body: {}, status: 405, code: 'methodNotAllowed' },
  PATCH: { method: 'PATCH', path: '/v1/pipelines/shop', body: {}, status: 405, code: 'methodNotAllowed', says: /PUT/ },
});

const asNobody = { status: 401, code: 'badToken' } as const;

table('tokens', {
  none: { ...get, path: '/v1/pipelines', token: null, status: 401, code: 'noToken', says: /Authorization/ },
  'of nobody': { ...get, ...asNobody, path: '/v1/pipelines', token: 'nonsense' },
  expired: { ...get, ...asNobody, path: '/v1/pipelines', token: 'expired' },
  deleted: { ...get, ...asNobody, path: '/v1/pipelines', token: 'deleted' },
  'of another scheme': {
    ...get,
    path: '/v1/pipelines',
    token: null,
    headers: { authorization: 'Basic YTpi' },
    status: 401,
    code: 'noToken',
  },
  'without its text': {
    ...get,
    path: '/v1/pipelines',
    token: null,
    headers: { authorization: 'Bearer' },
    status: 401,
    code: 'noToken',
  },
  'before the body': { ...asNobody, path: '/v1/tokens', token: 'nonsense', body: '{' },
  'before the query': { ...get, ...asNobody, path: '/v1/executions?limit=0', token: 'nonsense' },
  'of no admin': {
    path: '/v1/tokens',
    token: 'owner',
    body: { subject: 'a', groups: [] },
    status: 403,
    code: 'forbidden',
    says: /waybill-admins/,
  },
  'of no operator': {
    ...get,
    path: '/v1/receivers',
    token: 'owner',
    status: 403,
    code: 'forbidden',
    says: /waybill-operators/,
  },
  'of no reader, seeing': { ...get, ...notFound, path: '/v1/pipelines/shop', token: 'stranger' },
  'of no reader, running': { ...notFound, path: '/v1/pipelines/shop/executions', token: 'stranger', body: {} },
  'of no reader, deleting': { ...notFound, method: 'DELETE', path: '/v1/pipelines/shop', token: 'stranger' },
});

const pushBody = JSON.stringify({ events: [] });
const distributionType = 'application/vnd.docker.distribution.events.v2+json';

function signed(body: string | Uint8Array, at = Date.now()): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000));
  const mac = createHmac('sha256', signingKey).update(`msg_1.${timestamp}.`).update(body).digest('base64');
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}

const unproven = { status: 401, code: 'unproven' } as const;

table('hooks', {
  unknown: () => ({ ...notFound, path: '/v1/hooks/nope', body: pushBody }),
  'unknown, with an id that is none': (): Refusal => ({ ...notFound, path: '/v1/hooks/a%2fb', body: pushBody }),
  'unknown, too large first': (): Refusal => ({
    path: '/v1/hooks/nope',
    body: 'x'.repeat(1024 * 1024 + 1),
    status: 413,
    code: 'tooLarge',
  }),
  'another method': (): Refusal => ({
    method: 'PUT',
    path: hooks.distribution,
    body: '{}',
    status: 405,
    code: 'methodNotAllowed',
  }),
  'no proof': (): Refusal => ({ ...unproven, path: hooks.distribution, token: null, body: pushBody }),
  'a wrong proof': (): Refusal => ({ ...unproven, path: hooks.distribution, token: 'nonsense', body: pushBody }),
  'the admin token is no proof': (): Refusal => ({ ...unproven, path: hooks.distribution, body: pushBody }),
  'no proof before a wrong type': (): Refusal => ({
    ...unproven,
    path: hooks.distribution,
    token: null,
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  }),
  'no proof before a body that is none': (): Refusal => ({
    ...unproven,
    path: hooks.distribution,
    token: null,
    body: '{',
  }),
  'a wrong type before a body that is none': (): Refusal => ({
    path: hooks.distribution,
    token: null,
    body: '{',
    status: 415,
    code: 'unsupportedMediaType',
    says: /json/,
    headers: { authorization: distributionSecret, 'content-type': 'text/plain' },
  }),
  'a body that is none': (): Refusal => ({
    ...malformed,
    path: hooks.distribution,
    token: null,
    body: '{',
    says: /JSON/,
    headers: { authorization: distributionSecret, 'content-type': distributionType },
  }),
  'a body that is not UTF-8': (): Refusal => ({
    ...malformed,
    path: hooks.distribution,
    token: null,
    body: invalidUtf8,
    says: /UTF-8/,
    headers: { authorization: distributionSecret, 'content-type': distributionType },
  }),
  'a body of another shape': (): Refusal => ({
    ...malformed,
    path: hooks.distribution,
    token: null,
    body: '{"events":[{"action":7}]}',
    says: /events\.0\.action/,
    headers: { authorization: distributionSecret, 'content-type': distributionType },
  }),
  'our own, signed, without a signature': (): Refusal => ({ ...unproven, path: hooks.waybill, body: '{}' }),
  'our own, signed long ago': (): Refusal => ({
    ...unproven,
    path: hooks.waybill,
    body: '{}',
    headers: signed('{}', Date.now() - 3_600_000),
  }),
  'our own, with another body': (): Refusal => ({
    ...unproven,
    path: hooks.waybill,
    body: '{"type":1}',
    headers: signed('{}'),
  }),
  'our own, of a wrong shape': (): Refusal => ({
    ...malformed,
    path: hooks.waybill,
    body: '{"type":1}',
    headers: signed('{"type":1}'),
    says: /type/,
  }),
  'our own, with a digest that is none': () => {
    const body = JSON.stringify({
      type: 'artifact.scanned',
      data: { digest: 'sha256:x', repository: 'a.b/c', status: 'complete' },
    });
    return { ...malformed, path: hooks.waybill, body, headers: signed(body), says: /data\.digest/ };
  },
});

const pipelineStart = { path: '/v1/pipelines/shop/executions', token: 'owner' } as const;

table('what routes take', {
  'a run with an unknown key': { ...pipelineStart, ...invalid, body: { sellect: {} }, faults: ['sellect'] },
  'a run of nothing': { ...pipelineStart, status: 422, code: 'noVersion', body: {}, says: /image/ },
  'a run by a short digest': {
    ...pipelineStart,
    ...invalid,
    body: { select: { image: { digest: 'sha256:1' } } },
    says: /digest/,
  },
  'a run with a key of line breaks': {
    ...pipelineStart,
    ...malformed,
    body: {},
    headers: { 'idempotency-key': 'a b' },
    says: /Idempotency-Key/,
  },
  'a receiver of no type': {
    method: 'PUT',
    path: '/v1/receivers/x',
    ...invalid,
    body: { type: 'fax', repositories: ['a.b/c'] },
    faults: ['type'],
  },
  'a receiver of a reserved name': {
    method: 'PUT',
    path: '/v1/receivers/ecr',
    ...invalid,
    body: { type: 'distribution', repositories: ['a.b/c'], secret: 'x'.repeat(20) },
    faults: ['name'],
  },
  'a receiver without a secret': {
    method: 'PUT',
    path: '/v1/receivers/x',
    ...invalid,
    body: { type: 'distribution', repositories: ['a.b/c'] },
    faults: ['secret'],
  },
  'a receiver of no repositories': {
    method: 'PUT',
    path: '/v1/receivers/x',
    ...invalid,
    body: { type: 'waybill', repositories: 'all' },
    faults: ['repositories'],
  },
  'an account of two credentials': {
    method: 'PUT',
    path: '/v1/accounts/x',
    ...invalid,
    body: { type: 'http', username: 'a', password: 'b', token: 'c' },
    faults: ['token'],
  },
  'an artifact without a type': {
    path: '/v1/artifacts',
    status: 422,
    code: 'invalid',
    body: { reference: 'x' },
    says: /type/,
  },
  'a fact of no artifact': { path: '/v1/artifacts/nope/facts', ...notFound, body: { kind: 'rejected', reason: 'x' } },
  'an explanation of no repository': {
    path: '/v1/explain',
    ...invalid,
    body: { repository: 'https://x' },
    faults: ['repository'],
  },
  'an explanation of a short digest': {
    path: '/v1/explain',
    ...invalid,
    body: { repository: 'a.b/c', digest: 'sha256:1' },
    faults: ['digest'],
  },
  'a decision on nothing': { path: '/v1/approvals/nope/decisions', ...notFound, body: { decision: 'approve', digest } },
  'a decision of neither': {
    path: '/v1/approvals/nope/decisions',
    ...invalid,
    body: { decision: 'maybe' },
    faults: ['decision'],
  },
  'a decision with two kinds of digest': {
    path: '/v1/approvals/nope/decisions',
    ...invalid,
    body: { decision: 'approve', digest, digests: [] },
    faults: ['digests'],
  },
  'a callback of nobody': { path: '/v1/callbacks/feed', token: null, ...notFound, body: { status: 'succeeded' } },
  'a callback of no status': {
    path: '/v1/callbacks/feed',
    token: null,
    ...invalid,
    body: { status: 'done' },
    faults: ['status'],
  },
  'a callback of another type': {
    path: '/v1/callbacks/feed',
    token: null,
    status: 415,
    code: 'unsupportedMediaType',
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  },
});
