import { createHash, randomBytes } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import type { Artifact } from '../../../shared/domain/artifact.ts';
import { imageArtifact, normaliseArtifact } from '../../../shared/domain/artifact-identity.ts';
import { parseDigest } from '../../../shared/domain/digest.ts';
import type { JsonObject } from '../../../shared/domain/json.ts';
import { createToken } from '../../../shared/flows/create-token.ts';
import { keepContent } from '../../../shared/flows/keep-content.ts';
import { storeContent } from '../../../shared/flows/store-content.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import type { HttpHandler } from '../../../shared/runtime/http-stack.ts';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../../test/fixtures/partial-ports.ts';
import { tarOf } from '../../../test/fixtures/tar.ts';
import { createHandler } from '../handler.ts';

const tables = useEmbeddedTables();
const admin = 'admin-token';
const body = Buffer.from('replicas: 2\n');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();

let ports: Ports;
let handler: HttpHandler;
beforeEach(async () => {
  const { stores, blobs } = await tables.fresh();
  const randomness = { hex: (bytes: number) => randomBytes(bytes).toString('hex') };
  ports = partialPorts({ ...stores, blobs, randomness });
  handler = createHandler(ports, { adminToken: admin });
  for (const [name, readers] of [
    ['shop', ['team-shop']],
    ['other', ['team-other']],
  ] as const) {
    const rights = { owners: readers, readers, deleted: false };
    await ports.pipelines.saveHead({ name, version: 'v', ...rights, updatedAt: 0, updatedBy: 'alice', rev: 0 });
  }
});

async function call(
  method: string,
  uuid: string,
  options: {
    readonly token?: string;
    readonly body?: Uint8Array;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
) {
  const { token = admin, body: sent, headers = {} } = options;
  const answer = await handler({
    rawPath: `/v1/artifacts/${uuid}/content`,
    rawQueryString: '',
    headers: { authorization: `Bearer ${token}`, ...headers },
    requestContext: { requestId: 'r1', http: { method } },
    ...(sent === undefined ? {} : { body: Buffer.from(sent).toString('base64') }),
    isBase64Encoded: true,
  });
  const bytes = Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8');
  const isJson = answer.headers['content-type']?.includes('json') === true;
  const json: JsonObject = isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : {};
  return { status: answer.statusCode, headers: answer.headers, bytes, json };
}

async function recorded(input: JsonObject): Promise<Artifact> {
  const made = normaliseArtifact(input, sha1);
  if (made.kind === 'invalid') throw new Error(JSON.stringify(made.errors));
  await ports.artifacts.record({ artifact: made.artifact, firstSeenAt: 0, rev: 0 });
  return made.artifact;
}

const thing: JsonObject = { type: 'custom/object', name: 'thing', version: '1', reference: 'thing:1' };
const tokenOf = async (...groups: string[]): Promise<string> =>
  (await createToken(ports, { caller: { subject: 'admin', groups: [] }, subject: 'bob', groups })).text;

it('what is put comes back as it was, and as nothing that a browser would run', async () => {
  const { uuid } = await recorded(thing);
  const bytes = Buffer.from([0, 255, 13, 10, 128]);
  const put = await call('PUT', uuid, { body: bytes, headers: { 'content-type': 'text/html' } });
  expect([put.status, put.json]).toEqual([201, { uuid, sha256: sha256(bytes), size: 5 }]);
  const got = await call('GET', uuid);
  expect([got.status, got.bytes]).toEqual([200, bytes]);
  expect(got.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${sha256(bytes).slice(0, 12)}"`,
    'x-content-type-options': 'nosniff',
    'content-digest': `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`,
  });
  const again = await call('GET', uuid, { headers: { 'if-none-match': got.headers.etag ?? '' } });
  expect([again.status, again.bytes.length]).toEqual([304, 0]);
  expect((await call('HEAD', uuid)).bytes.length).toBe(0);
});

it('the same bytes again are 200, other ones 409, and the first ones stay', async () => {
  const { uuid } = await recorded(thing);
  expect((await call('PUT', uuid, { body })).status).toBe(201);
  expect((await call('PUT', uuid, { body })).status).toBe(200);
  const other = await call('PUT', uuid, { body: Buffer.from('other') });
  expect([other.status, other.json.code]).toEqual([409, 'contentChanged']);
  expect((await call('GET', uuid)).bytes).toEqual(body);
});

const digest = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('base64');
it.each<[string, string, number, string | undefined]>([
  ['sha-256', `sha-256=:${digest('sha256', body)}:`, 201, undefined],
  ['sha-512 and one that is not known', `id-crc=:AAAA:, sha-512=:${digest('sha512', body)}:`, 201, undefined],
  ['other bytes', `sha-256=:${digest('sha256', Buffer.from('x'))}:`, 422, 'digestMismatch'],
  ['one of two is of other bytes', `sha-256=:${digest('sha256', body)}:, sha-512=:AAAA:`, 422, 'digestMismatch'],
  ['only one that is not known', 'md5=:AAAA:', 400, 'malformed'],
  ['no dictionary', digest('sha256', body), 400, 'malformed'],
  ['hex', `sha-256=${sha256(body)}`, 400, 'malformed'],
])('Content-Digest: %s', async (_what, header, status, code) => {
  const { uuid } = await recorded(thing);
  const put = await call('PUT', uuid, { body, headers: { 'content-digest': header } });
  expect([put.status, put.json.code]).toEqual([status, code]);
});

it.each<[string, () => Uint8Array, number, string]>([
  ['4 MiB and one', () => Buffer.alloc(4 * 1024 * 1024 + 1), 413, 'tooLarge'],
  ['an image', () => tarOf({ 'oci-layout': '{}' }), 422, 'useARegistry'],
  ['nothing', () => Buffer.alloc(0), 422, 'invalid'],
])('%s is refused', async (_what, bytes, status, code) => {
  const { uuid } = await recorded(thing);
  const put = await call('PUT', uuid, { body: bytes() });
  expect([put.status, put.json.code]).toEqual([status, code]);
});

it('4 MiB are taken', async () => {
  const { uuid } = await recorded(thing);
  const bytes = Buffer.alloc(4 * 1024 * 1024, 'x');
  expect((await call('PUT', uuid, { body: bytes })).status).toBe(201);
  expect((await call('GET', uuid)).bytes.equals(bytes)).toBe(true);
});

it.each<[string, JsonObject, number]>([
  ['its version', { version: `sha256:${sha256(Buffer.from('other'))}` }, 422],
  ['its metadata', { metadata: { sha256: sha256(Buffer.from('other')) } }, 422],
  ['nothing else', { version: `sha256:${sha256(body)}` }, 201],
])('what the artifact says of its bytes binds: %s', async (_what, more, status) => {
  const { uuid } = await recorded({ ...thing, ...more });
  expect((await call('PUT', uuid, { body })).status).toBe(status);
});

it('an image has no content here', async () => {
  const image = parseDigest(`sha256:${'a'.repeat(64)}`);
  if (image === undefined) throw new Error('no digest');
  const artifact = imageArtifact({ repository: 'registry.example.com/shop', digest: image }, sha1);
  await ports.artifacts.record({ artifact, repository: artifact.name, digest: image, firstSeenAt: 0, rev: 0 });
  const put = await call('PUT', artifact.uuid, { body });
  expect([put.status, put.json.code]).toEqual([422, 'useARegistry']);
});

it('content that a run fetched is for readers of its pipeline', async () => {
  const made = normaliseArtifact(
    { type: 'http/file', name: 'cfg', version: '1', reference: 'https://example.com/cfg' },
    sha1,
  );
  if (made.kind === 'invalid') throw new Error('invalid');
  const { uuid } = await keepContent(ports, { application: 'shop', artifact: made.artifact, bytes: body });
  expect((await call('GET', uuid, { token: await tokenOf('team-shop') })).bytes).toEqual(body);
  expect((await call('GET', uuid, { token: await tokenOf('team-other') })).status).toBe(404);
  expect((await call('GET', uuid, { token: await tokenOf() })).status).toBe(404);
});

it.each([
  ['an artifact that there is not', '00000000-0000-0000-0000-000000000000'],
  ['one without content', undefined],
])('%s is 404', async (_what, given) => {
  const uuid = given ?? (await recorded(thing)).uuid;
  expect((await call('GET', uuid)).status).toBe(404);
  if (given !== undefined) expect((await call('PUT', uuid, { body })).status).toBe(404);
});

it('who may not see an artifact cannot put its content either', async () => {
  const { uuid } = await recorded(thing);
  expect((await call('PUT', uuid, { body, token: await tokenOf('team-other') })).status).toBe(404);
  expect((await call('PUT', uuid, { body, token: 'wb_wrong' })).status).toBe(401);
});

it('content that is too large for a route says so', async () => {
  const made = normaliseArtifact(
    { type: 'http/file', name: 'big', version: '1', reference: 'https://example.com/big' },
    sha1,
  );
  if (made.kind === 'invalid') throw new Error('invalid');
  const bytes = Buffer.alloc(5 * 1024 * 1024);
  const { uuid } = await keepContent(ports, { application: 'shop', artifact: made.artifact, bytes });
  expect((await call('GET', uuid)).status).toBe(413);
});

it('what a run received embedded is read by its address, by readers of that pipeline alone', async () => {
  const base64 = body.toString('base64');
  const { hash } = await storeContent(ports, { application: 'shop', base64, bytes: body });
  const ask = async (address: string, token = admin) => {
    const answer = await handler({
      rawPath: `/v1/artifacts/content-address/${address}`,
      rawQueryString: '',
      headers: { authorization: `Bearer ${token}` },
      requestContext: { requestId: 'r1', http: { method: 'GET' } },
      isBase64Encoded: true,
    });
    return [answer.statusCode, Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8').toString()];
  };
  expect(hash).toBe(sha256(Buffer.from(base64)));
  expect(await ask(`shop/${hash}`)).toEqual([200, body.toString()]);
  expect(await ask(`shop/${hash}`, await tokenOf('team-shop'))).toEqual([200, body.toString()]);
  const hidden = await ask(`shop/${hash}`, await tokenOf('team-other'));
  expect(hidden[0]).toBe(404);
  for (const address of [`other/${hash}`, `shop/${'0'.repeat(64)}`, `shop/${hash}0`, `_uploads/${hash}`, 'shop/..']) {
    expect(await ask(address), address).toEqual(hidden);
  }
});
