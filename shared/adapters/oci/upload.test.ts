import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../test/fixtures/oci-image.ts';
import {
  authorizations,
  basic,
  byTag,
  image,
  layer,
  login,
  manifestReply,
  putTag,
  scriptedWorld,
} from '../../../test/fixtures/scripted-client.ts';
import type { Reply } from '../../../test/fixtures/scripted-registry.ts';

const world = scriptedWorld();
const start = 'POST /v2/shop/blobs/uploads/';
const at = '/v2/shop/blobs/uploads/1';
const started: Reply = { status: 202, headers: { location: at } };
const small = { digest: layer.digest, size: layer.bytes.byteLength };
const smallSource = { read: () => once(layer.bytes) };
const big = Buffer.alloc(20 * 1024 * 1024, 'x');
const bigBlob = { digest: digestOf(big), size: big.byteLength };

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function error(status: number, code: string, message = ''): Reply {
  return { status, body: JSON.stringify({ errors: [{ code, message }] }) };
}

const upload = (setup = {}) => world.client(setup).uploadBlob(world.repository(), small, smallSource);
const asked = () => world.registry.seen.map((request) => `${request.method} ${request.url}`);

describe('an upload', () => {
  it.each([
    ['a path', () => at],
    ['a path with a query', () => `${at}?state=a%2Fb`],
    ['its own address', () => `${world.registry.url}${at}`],
    ['its own address over another scheme', () => `https://${world.registry.host}${at}`],
  ])('is sent where the registry says by %s, to the registry itself', async (_, location) => {
    world.script = { [start]: [{ status: 202, headers: { location: location() } }], [`PUT ${at}`]: [{ status: 201 }] };
    expect(await upload()).toEqual({ kind: 'stored' });
    const put = world.registry.seen.at(-1);
    expect(put?.url).toMatch(new RegExp(`[?&]digest=${encodeURIComponent(small.digest)}$`));
    expect(put?.headers['content-length']).toBe(String(small.size));
  });

  it.each([() => `${world.foreign.url}${at}`, () => `//${world.foreign.host}${at}`])(
    'goes to no other host, and no credentials do',
    async (location) => {
      world.script = { [start]: [{ status: 202, headers: { location: location() } }] };
      await expect(upload(login)).rejects.toMatchObject({ code: 'outboundRefused', retryable: false });
      expect(world.foreign.seen).toEqual([]);
    },
  );

  it.each<[string, Reply]>([
    ['no place', { status: 202 }],
    ['a place that is none', { status: 202, headers: { location: 'http://[' } }],
    ['a place without end', { status: 202, headers: { location: `${at}?${'x'.repeat(5000)}` } }],
  ])('that gets %s fails', async (_, reply) => {
    world.script = { [start]: [reply] };
    await expect(upload()).rejects.toMatchObject({ code: 'registryUnavailable', retryable: false });
  });

  it('follows no redirect', async () => {
    world.script = { [start]: [{ status: 307, headers: { location: `${world.foreign.url}${at}` } }] };
    await expect(upload(login)).rejects.toMatchObject({ code: 'registryUnavailable' });
    expect(world.foreign.seen).toEqual([]);
  });

  it('asks a token realm for both rights of the target and for reading what is mounted', async () => {
    const realm = `Bearer realm="${world.foreign.url}/token",service="s"`;
    world.foreignScript = { 'GET /token': [{ body: '{"token":"t"}' }] };
    world.script = {
      [start]: (request) =>
        request.headers.authorization === 'Bearer t'
          ? { status: 201 }
          : { status: 401, headers: { 'www-authenticate': realm } },
    };
    const client = world.client();
    const source = { ...smallSource, mountFrom: 'team/app' };
    expect(await client.uploadBlob(world.repository(), small, source)).toEqual({ kind: 'stored' });
    const scopes = new URL(world.foreign.seen[0]?.url ?? '', world.foreign.url).searchParams.getAll('scope');
    expect(scopes).toEqual(['repository:shop:pull,push', 'repository:team/app:pull']);
    expect(asked().at(-1)).toBe(`${start}?mount=${small.digest}&from=team%2Fapp`);
  });

  it.each<[Reply, string]>([
    [error(404, 'NAME_UNKNOWN', 'The repository with name shop does not exist'), 'repositoryUnknown'],
    [{ status: 403 }, 'registryDenied'],
    [{ status: 503 }, 'registryUnavailable'],
  ])('that cannot begin, %j, is %s', async (reply, code) => {
    world.script = { [start]: [reply] };
    await expect(upload()).rejects.toMatchObject({ code });
  });

  it('whose bytes the registry finds to be others is digestMismatch', async () => {
    world.script = { [start]: [started], [`PUT ${at}`]: [error(400, 'DIGEST_INVALID')] };
    await expect(upload()).rejects.toMatchObject({ code: 'digestMismatch', retryable: false });
  });
});

describe('an upload in pieces', () => {
  const sent: string[] = [];
  const offsets: number[] = [];
  const piece = 8 * 1024 * 1024;
  const uploadBig = (source = {}) => {
    sent.length = 0;
    offsets.length = 0;
    const read = (offset: number) => {
      offsets.push(offset);
      return once(big.subarray(offset));
    };
    return world.client().uploadBlob(world.repository(), bigBlob, { read, ...source });
  };
  const taking = (given: (range: string, count: number) => Reply | undefined = () => undefined) => ({
    [start]: [started],
    [`PATCH ${at}`]: (request: { readonly headers: { readonly 'content-range'?: string } }): Reply => {
      const range = request.headers['content-range'] ?? '';
      sent.push(range);
      const end = range.split('-')[1];
      return given(range, sent.length) ?? { status: 202, headers: { location: at, range: `0-${end}` } };
    },
    [`PUT ${at}`]: [{ status: 201 }] as const,
  });

  it('says of each which one it is', async () => {
    world.script = taking();
    expect(await uploadBig()).toEqual({ kind: 'stored' });
    expect(sent).toEqual([`0-${piece - 1}`, `${piece}-${2 * piece - 1}`, `${2 * piece}-${big.byteLength - 1}`]);
  });

  it('makes them as large as the registry asks', async () => {
    world.script = {
      ...taking(),
      [start]: [{ status: 202, headers: { location: at, 'oci-chunk-min-length': String(10 * 1024 * 1024) } }],
    };
    await uploadBig();
    expect(sent).toHaveLength(2);
  });

  it('that breaks goes on from what the registry has', async () => {
    world.script = {
      ...taking((_, count) => (count === 2 ? (response) => response.destroy() : undefined)),
      [`GET ${at}`]: [{ status: 204, headers: { location: at, range: `0-${piece - 1}` } }],
    };
    expect(await uploadBig()).toEqual({ kind: 'stored' });
    expect(offsets).toEqual([0, piece]);
  });

  it.each<[string, Reply]>([
    ['forgot it', error(404, 'BLOB_UPLOAD_UNKNOWN')],
    ['does not say', { status: 204 }],
    ['has nothing of it', { status: 204, headers: { range: '0-0' } }],
    ['has more than there is', { status: 204, headers: { range: `0-${big.byteLength}` } }],
    ['is broken there', { status: 500 }],
  ])('that breaks at a registry that %s begins anew', async (_, reply) => {
    world.script = {
      ...taking((_range, count) => (count === 2 ? (response) => response.destroy() : undefined)),
      [`GET ${at}`]: [reply],
    };
    expect(await uploadBig()).toEqual({ kind: 'stored' });
    expect(offsets).toEqual([0, 0]);
  });

  it.each<Reply>([
    { status: 416 },
    error(404, 'BLOB_UPLOAD_UNKNOWN'),
    error(400, 'BLOB_UPLOAD_INVALID'),
    { status: 202, headers: { range: '0-5' } },
  ])('that somebody else wrote to, %j, is begun anew', async (reply) => {
    world.script = {
      ...taking((_, count) => (count === 2 ? reply : undefined)),
      [`GET ${at}`]: [{ status: 404 }],
    };
    expect(await uploadBig()).toEqual({ kind: 'stored' });
    expect(offsets).toEqual([0, 0]);
  });

  it('that always breaks ends as registryUnavailable', async () => {
    world.script = {
      ...taking((range) => (range.startsWith('0-') ? undefined : { status: 503 })),
      [`GET ${at}`]: [{ status: 404 }],
    };
    await expect(uploadBig()).rejects.toMatchObject({ code: 'registryUnavailable', retryable: true });
    expect(offsets).toHaveLength(4);
  });

  it('is paused between two and says where', async () => {
    world.script = taking();
    let asks = 0;
    expect(await uploadBig({ mayGoOn: () => ++asks < 2 })).toEqual({
      kind: 'paused',
      upload: { location: at, offset: piece },
    });
    expect(await uploadBig({ mayGoOn: () => false })).toEqual({ kind: 'paused' });
  });
});

describe('a tag that cannot be moved', () => {
  it.each<Reply>([
    error(
      400,
      'TAG_INVALID',
      "The image tag '1.0' already exists in the 'shop' repository and cannot be overwritten because the tag is immutable.",
    ),
    error(400, 'ImageTagAlreadyExistsException'),
    error(409, 'TAG_ALREADY_EXISTS'),
    { status: 412 },
  ])('%j is tagExists', async (reply) => {
    world.script = { [byTag]: [manifestReply], [putTag]: [reply] };
    const client = world.client();
    const manifest = { digest: image.digest, mediaType: image.mediaType, bytes: image.manifest };
    await expect(client.putTag(world.repository(), '1.0', manifest)).rejects.toMatchObject({ code: 'tagExists' });
  });

  it('TAG_INVALID of another kind is not', async () => {
    world.script = { [putTag]: [error(400, 'TAG_INVALID', 'manifest tag did not match URI')] };
    const manifest = { digest: image.digest, mediaType: image.mediaType, bytes: image.manifest };
    await expect(world.client().putTag(world.repository(), '1.0', manifest)).rejects.toMatchObject({
      code: 'registryUnavailable',
    });
  });
});

describe('a part of a blob', () => {
  const route = `GET /v2/shop/blobs/${layer.digest}`;
  const rest = async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of world.client().blobFrom(world.repository(), layer.digest, 5)) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  it.each<[string, Reply]>([
    ['a part', { status: 206, headers: { 'content-range': `bytes 5-20/21` }, body: layer.bytes.subarray(5) }],
    ['the whole', { status: 200, body: layer.bytes }],
  ])('is right where the registry gives %s', async (_, reply) => {
    world.script = { [route]: [reply] };
    expect(await rest()).toBe(layer.bytes.subarray(5).toString());
    expect(world.registry.seen[0]?.headers.range).toBe('bytes=5-');
  });

  it('of another place is refused', async () => {
    world.script = { [route]: [{ status: 206, headers: { 'content-range': 'bytes 0-4/21' }, body: 'xxxxx' }] };
    await expect(rest()).rejects.toMatchObject({ code: 'registryUnavailable' });
  });
});

describe('the internal address', () => {
  const asker = { pipelines: ['shop'], internal: true };
  const guarded = (request: { readonly headers: { readonly authorization?: string } }): Reply =>
    request.headers.authorization === basic('me:hunter2')
      ? manifestReply
      : { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } };

  it('is asked with the credentials of the account that names it, and the public one is not', async () => {
    world.foreignScript = { [byTag]: guarded };
    const client = world.client({ ...login, account: { username: 'me', internalHost: world.foreign.host } });
    expect((await client.resolveTag(world.repository(), '1.0', asker)).digest).toBe(image.digest);
    expect(authorizations(world.foreign)).toEqual([undefined, basic('me:hunter2')]);
    expect(world.registry.seen).toEqual([]);
  });

  it('is not used unless it is asked for', async () => {
    world.script = { [byTag]: guarded };
    const client = world.client({ ...login, account: { username: 'me', internalHost: world.foreign.host } });
    await client.resolveTag(world.repository(), '1.0', { pipelines: ['shop'] });
    expect(world.foreign.seen).toEqual([]);
  });

  it.each([
    ['without an account that names one', { username: 'me' }],
    ['of an account of another host', { host: 'other.example.com', internalHost: '127.0.0.1:1' }],
  ])('%s is a failure before anything is sent', async (_, account) => {
    const client = world.client({ ...login, account });
    await expect(client.resolveTag(world.repository(), '1.0', asker)).rejects.toMatchObject({
      code: 'internalAddressUnknown',
      retryable: false,
    });
    expect([...world.registry.seen, ...world.foreign.seen]).toEqual([]);
  });
});
