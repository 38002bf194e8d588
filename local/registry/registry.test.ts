import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import {
  everyRight,
  type FixtureOptions,
  fixtureNow,
  type RegistryFixture,
  startRegistry,
} from '../../test/fixtures/embedded-registry.ts';
import { digestOf, ociImage, ociIndex, pushImage } from '../../test/fixtures/oci-image.ts';

const image = ociImage({ 'index.html': 'one' });
const other = ociImage({ 'index.html': 'two' });
const nowhere = `sha256:${'0'.repeat(64)}`;
const bytes = Buffer.from('some layer of some image');
const digest = digestOf(bytes);

let fixture: RegistryFixture;

async function restart(options: FixtureOptions): Promise<void> {
  await fixture.close();
  fixture = await startRegistry(options);
}

function call(
  method: string,
  path: string,
  init: { body?: Uint8Array | string; headers?: Record<string, string> } = {},
) {
  const body = init.body === undefined ? undefined : Buffer.from(init.body);
  return fetch(new URL(path, fixture.baseUrl), { method, headers: init.headers, body });
}

async function code(answer: Response): Promise<readonly [number, string]> {
  const body = JSON.parse(await answer.text());
  expect(body.errors).toEqual([{ code: expect.any(String), message: expect.any(String), detail: expect.anything() }]);
  return [answer.status, body.errors[0].code];
}

async function putBlob(data: Uint8Array, repository = 'team/shop'): Promise<void> {
  const answer = await call('POST', `/v2/${repository}/blobs/uploads/?digest=${digestOf(data)}`, { body: data });
  expect(answer.status).toBe(201);
}

const putManifest = (body: Uint8Array | string, options: { type?: string; reference?: string } = {}) =>
  call('PUT', `/v2/team/shop/manifests/${options.reference ?? '1.0'}`, {
    body,
    headers: { 'content-type': options.type ?? image.mediaType },
  });
const push = (tag?: string, pushed = image, repository = 'team/shop') =>
  pushImage(pushed, { baseUrl: fixture.baseUrl, repository, tag });

beforeEach(async () => {
  fixture = await startRegistry();
});
afterEach(() => fixture.close());

describe('base', () => {
  it('says that it is here', async () => {
    const answer = await call('GET', '/v2/');
    expect([answer.status, answer.headers.get('docker-distribution-api-version')]).toEqual([200, 'registry/2.0']);
  });

  it.each([
    ['/v2/_catalog', 404, 'UNSUPPORTED'],
    ['/v2/UP/tags/list', 400, 'NAME_INVALID'],
    ['/v2/%2e%2e%2fx/tags/list', 400, 'NAME_INVALID'],
    ['/v2/none/tags/list', 404, 'NAME_UNKNOWN'],
    [`/v2/none/blobs/${nowhere}`, 404, 'BLOB_UNKNOWN'],
    ['/v2/none/blobs/sha256:short', 400, 'DIGEST_INVALID'],
    ['/v2/none/blobs/sha512:00', 400, 'DIGEST_INVALID'],
    ['/v2/none/manifests/1.0', 404, 'MANIFEST_UNKNOWN'],
    [`/v2/none/manifests/${nowhere}`, 404, 'MANIFEST_UNKNOWN'],
    ['/v2/none/manifests/.bad', 404, 'MANIFEST_UNKNOWN'],
    ['/v2/none/manifests/sha256:short', 400, 'DIGEST_INVALID'],
    ['/v2/none/referrers/x', 400, 'DIGEST_INVALID'],
    ['/v2/none/blobs/uploads/', 405, 'UNSUPPORTED'],
    ['/v2/none/blobs/uploads/0123456789abcdef0123456789abcdef', 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['/v2/none/blobs/uploads/..%2f..%2fx', 404, 'BLOB_UPLOAD_UNKNOWN'],
  ])('GET %s is %s %s', async (path, status, expected) => {
    expect(await code(await call('GET', path))).toEqual([status, expected]);
  });

  it.each([
    ['POST', `/v2/a/blobs/${nowhere}`],
    ['PATCH', '/v2/a/manifests/1'],
    ['PUT', '/v2/a/tags/list'],
    ['DELETE', `/v2/a/referrers/${nowhere}`],
  ])('%s %s is not supported', async (method, path) => {
    expect(await code(await call(method, path))).toEqual([405, 'UNSUPPORTED']);
  });
});

describe('blobs', () => {
  it('come in with one POST and go out whole, by HEAD and in ranges', async () => {
    await putBlob(bytes);
    const path = `/v2/team/shop/blobs/${digest}`;
    const head = await call('HEAD', path);
    expect([head.status, head.headers.get('content-length'), head.headers.get('docker-content-digest')]).toEqual([
      200,
      '24',
      digest,
    ]);
    expect(await (await call('GET', path)).text()).toBe(bytes.toString());
  });

  it.each([
    ['bytes=5-9', 206, 'layer', 'bytes 5-9/24'],
    ['bytes=19-', 206, 'image', 'bytes 19-23/24'],
    ['bytes=-5', 206, 'image', 'bytes 19-23/24'],
    ['bytes=19-999', 206, 'image', 'bytes 19-23/24'],
    ['bytes=0-3,5-9', 200, bytes.toString(), null],
    ['lines=1-2', 200, bytes.toString(), null],
    ['bytes=9-5', 200, bytes.toString(), null],
  ])('%s', async (range, status, text, contentRange) => {
    await putBlob(bytes);
    const answer = await call('GET', `/v2/team/shop/blobs/${digest}`, { headers: { range } });
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it('refuse a range behind the end', async () => {
    await putBlob(bytes);
    const answer = await call('GET', `/v2/team/shop/blobs/${digest}`, { headers: { range: 'bytes=24-' } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */24']);
  });

  it('of another repository are invisible until they are mounted', async () => {
    await putBlob(bytes, 'a');
    expect((await call('HEAD', `/v2/b/blobs/${digest}`)).status).toBe(404);
    const mounted = await call('POST', `/v2/b/blobs/uploads/?mount=${digest}&from=a`);
    expect([mounted.status, mounted.headers.get('location')]).toEqual([201, `/v2/b/blobs/${digest}`]);
    expect((await call('HEAD', `/v2/b/blobs/${digest}`)).status).toBe(200);
  });

  it.each([
    ['unknown there', `mount=${nowhere}&from=a`],
    ['no repository', `mount=${digest}`],
    ['a repository that is none', `mount=${digest}&from=..`],
  ])('that cannot be mounted start an upload: %s', async (_, query) => {
    expect((await call('POST', `/v2/b/blobs/uploads/?${query}`)).status).toBe(202);
  });

  it('may be empty', async () => {
    await putBlob(Buffer.alloc(0));
    const answer = await call('GET', `/v2/team/shop/blobs/${digestOf('')}`);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });
});

describe('manifests', () => {
  it('are told before they are answered, with tag, digest and media type', async () => {
    await push('V1.0');
    expect(fixture.pushes).toEqual([
      {
        id: expect.stringMatching(/^\d{15}-[0-9a-f]{16}$/),
        at: fixtureNow,
        repository: 'team/shop',
        tag: 'V1.0',
        digest: image.digest,
        mediaType: image.mediaType,
      },
    ]);
    const got = await call('GET', '/v2/team/shop/manifests/V1.0');
    expect(Buffer.from(await got.arrayBuffer())).toEqual(image.manifest);
    expect([got.headers.get('content-type'), got.headers.get('docker-content-digest')]).toEqual([
      image.mediaType,
      image.digest,
    ]);
    const head = await call('HEAD', `/v2/team/shop/manifests/${image.digest}`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(image.manifest.byteLength)]);
    expect((await call('GET', '/v2/team/shop/manifests/v1.0')).status).toBe(404);
  });

  it('name who pushed them', async () => {
    await restart({ access: { ...everyRight, subject: 'alice' } });
    await push('1.0');
    expect(fixture.pushes[0]?.actor).toBe('alice');
  });

  it('of an index come with their children, which have no tag', async () => {
    const index = ociIndex([image, other]);
    await push('1.0', index);
    expect(fixture.pushes.map((one) => [one.tag, one.digest])).toEqual([
      [undefined, image.digest],
      [undefined, other.digest],
      ['1.0', index.digest],
    ]);
  });

  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: bytes.byteLength };
  const manifest = (change: object) =>
    JSON.stringify({ schemaVersion: 2, mediaType: image.mediaType, config, layers: [], ...change });
  const indexType = 'application/vnd.oci.image.index.v1+json';

  it.each([
    ['no JSON', '{', 400, 'MANIFEST_INVALID'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'MANIFEST_INVALID'],
    ['an array', '[]', 400, 'MANIFEST_INVALID'],
    ['schema 1', manifest({ schemaVersion: 1 }), 400, 'MANIFEST_INVALID'],
    ['another media type inside', manifest({ mediaType: indexType }), 400, 'MANIFEST_INVALID'],
    ['no config', manifest({ config: undefined }), 400, 'MANIFEST_INVALID'],
    ['a digest that is none', manifest({ config: { ...config, digest: 'sha256:1' } }), 400, 'MANIFEST_INVALID'],
    ['a negative size', manifest({ config: { ...config, size: -1 } }), 400, 'MANIFEST_INVALID'],
    ['another size', manifest({ config: { ...config, size: 1 } }), 400, 'SIZE_INVALID'],
    ['a blob that is not here', manifest({ layers: [{ ...config, digest: nowhere }] }), 404, 'MANIFEST_BLOB_UNKNOWN'],
  ])('are refused with %s', async (_, body, status, expected) => {
    await putBlob(bytes);
    expect(await code(await putManifest(body))).toEqual([status, expected]);
    expect(fixture.pushes).toEqual([]);
  });

  it.each([
    ['an unknown media type', manifest({ mediaType: undefined }), { type: 'application/json' }, 'MANIFEST_INVALID'],
    [
      'a child that is only a blob',
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...config, mediaType: image.mediaType }] }),
      { type: indexType },
      'MANIFEST_BLOB_UNKNOWN',
    ],
    ['another digest in the address', manifest({}), { reference: nowhere }, 'DIGEST_INVALID'],
    ['a tag that is none', manifest({}), { reference: '.x' }, 'MANIFEST_INVALID'],
  ])('are refused under %s', async (_, body, options, expected) => {
    await putBlob(bytes);
    expect((await code(await putManifest(body, options)))[1]).toBe(expected);
  });

  it('may name layers that no registry may hold', async () => {
    await putBlob(bytes);
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: nowhere,
      size: 5,
    };
    expect((await putManifest(manifest({ layers: [foreign] }))).status).toBe(201);
  });

  it('are bounded in size, announced or not', async () => {
    await restart({ limits: { manifestBytes: 100 } });
    expect(await code(await putManifest('x'.repeat(101)))).toEqual([413, 'SIZE_INVALID']);
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('x'.repeat(101)));
        controller.close();
      },
    });
    const url = `${fixture.baseUrl}/v2/a/manifests/1`;
    expect(await code(await fetch(url, { method: 'PUT', body: chunks, duplex: 'half' }))).toEqual([
      413,
      'SIZE_INVALID',
    ]);
  });

  it('whose event cannot be kept are not acknowledged, and are told at the next start', async () => {
    let works = false;
    const onPush = async () => {
      if (!works) throw new Failure('storeUnavailable', 'the table is not there');
    };
    await restart({ onPush });
    const refused = await push('1.0').then(() => '', String);
    expect(refused).toContain('503');
    works = true;
    const second = await startRegistry({ folder: fixture.folder, onPush });
    expect(second.pushes.map((one) => [one.tag, one.digest])).toEqual([['1.0', image.digest]]);
    await second.close();
  });

  it('that were cut off before their tag moved are forgotten', async () => {
    await push('1.0');
    const id = '000000000000001-0123456789abcdef';
    const note = { id, at: 1, repository: 'team/shop', tag: '1.0', digest: other.digest, mediaType: other.mediaType };
    await writeFile(join(fixture.folder, 'pushes', `${id}.json`), JSON.stringify(note));
    const second = await startRegistry({ folder: fixture.folder });
    expect(second.pushes).toEqual([]);
    expect(await readdir(join(fixture.folder, 'pushes'))).toEqual([]);
    await second.close();
  });

  it('of one tag are told in the order in which the tag moved', async () => {
    await push(undefined, image);
    await push(undefined, other);
    const slow = async () => pause(Math.random() * 5);
    const folder = fixture.folder;
    const second = await startRegistry({ folder, onPush: slow });
    const put = (one: typeof image) =>
      fetch(`${second.baseUrl}/v2/team/shop/manifests/t`, {
        method: 'PUT',
        headers: { 'content-type': one.mediaType },
        body: Buffer.from(one.manifest),
      });
    await Promise.all([image, other, image, other, other, image].map(put));
    const stands = await second.registry.client.resolveTag('registry.local/team/shop', 't');
    expect(second.pushes.at(-1)?.digest).toBe(stands.digest);
    expect(second.pushes).toHaveLength(6);
    await second.close();
  });

  it('altered on disk are not served', async () => {
    await push('1.0');
    const hex = image.digest.slice(7);
    await writeFile(join(fixture.folder, 'blobs/sha256', hex.slice(0, 2), hex), 'altered');
    expect(await code(await call('GET', '/v2/team/shop/manifests/1.0'))).toEqual([500, 'UNKNOWN']);
    await push('1.0');
    expect((await call('GET', '/v2/team/shop/manifests/1.0')).status).toBe(200);
  });

  it('go by tag, then by digest with every tag of it', async () => {
    await push('1.0');
    await push('1.1');
    await push('1.2');
    expect((await call('DELETE', '/v2/team/shop/manifests/1.0')).status).toBe(202);
    expect(await code(await call('DELETE', '/v2/team/shop/manifests/1.0'))).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect((await call('GET', `/v2/team/shop/manifests/${image.digest}`)).status).toBe(200);
    expect((await call('DELETE', `/v2/team/shop/manifests/${image.digest}`)).status).toBe(202);
    expect((await call('GET', `/v2/team/shop/manifests/${image.digest}`)).status).toBe(404);
    expect(await (await call('GET', '/v2/team/shop/tags/list')).json()).toEqual({ name: 'team/shop', tags: [] });
  });
});

describe('lists', () => {
  it('give tags in order, a page at a time', async () => {
    for (const tag of ['b', 'B', 'a', '1']) await push(tag);
    expect(await (await call('GET', '/v2/team/shop/tags/list')).json()).toEqual({
      name: 'team/shop',
      tags: ['1', 'B', 'a', 'b'],
    });
    const first = await call('GET', '/v2/team/shop/tags/list?n=3');
    expect(await first.json()).toMatchObject({ tags: ['1', 'B', 'a'] });
    const next = /<(.*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await call('GET', next);
    expect([await second.json(), second.headers.get('link')]).toEqual([{ name: 'team/shop', tags: ['b'] }, null]);
    expect(await (await call('GET', '/v2/team/shop/tags/list?n=0')).json()).toMatchObject({ tags: [] });
    expect((await call('GET', '/v2/team/shop/tags/list?n=-1')).status).toBe(400);
  });

  it('give what names a digest as its subject', async () => {
    await push('1.0');
    await putBlob(Buffer.from('{}'));
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 };
    const subject = { mediaType: image.mediaType, digest: image.digest, size: image.manifest.byteLength };
    const signature = JSON.stringify({
      schemaVersion: 2,
      mediaType: image.mediaType,
      artifactType: 'application/x-signature',
      config: empty,
      layers: [empty],
      subject,
      annotations: { by: 'alice' },
    });
    const put = await putManifest(signature, { reference: digestOf(signature) });
    expect([put.status, put.headers.get('oci-subject')]).toEqual([201, image.digest]);
    const path = `/v2/team/shop/referrers/${image.digest}`;
    const list = async (at: string) => {
      const answer = await call('GET', at);
      expect(answer.headers.get('content-type')).toBe('application/vnd.oci.image.index.v1+json');
      return { filtered: answer.headers.get('oci-filters-applied'), ...JSON.parse(await answer.text()) };
    };
    const descriptor = {
      mediaType: image.mediaType,
      digest: digestOf(signature),
      size: signature.length,
      artifactType: 'application/x-signature',
      annotations: { by: 'alice' },
    };
    expect(await list(path)).toMatchObject({ schemaVersion: 2, manifests: [descriptor], filtered: null });
    expect(await list(`${path}?artifactType=application/x-signature`)).toMatchObject({
      manifests: [descriptor],
      filtered: 'artifactType',
    });
    expect(await list(`${path}?artifactType=other`)).toMatchObject({ manifests: [] });
    expect(await list(`/v2/team/shop/referrers/${nowhere}`)).toMatchObject({ manifests: [] });
    await call('DELETE', `/v2/team/shop/manifests/${digestOf(signature)}`);
    expect(await list(path)).toMatchObject({ manifests: [] });
  });
});

describe('rights', () => {
  it('ask for a login', async () => {
    await restart({ access: { kind: 'unauthorized' } });
    const answer = await call('GET', '/v2/');
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="waybill"');
    expect(await code(answer)).toEqual([401, 'UNAUTHORIZED']);
  });

  it.each([
    ['GET', '/v2/team/shop/tags/list', false, true],
    ['HEAD', `/v2/team/shop/blobs/${nowhere}`, false, true],
    ['POST', '/v2/team/shop/blobs/uploads/', true, false],
    ['GET', '/v2/team/shop/blobs/uploads/x', true, false],
    ['PUT', '/v2/team/shop/manifests/1', true, false],
    ['DELETE', '/v2/team/shop/manifests/1', true, false],
  ])('%s %s needs push: %s, pull: %s', async (method, path, needsPush, needsPull) => {
    await restart({
      access: {
        kind: 'allowed',
        mayPush: (name) => name === 'team/shop' && !needsPush,
        mayPull: async () => !needsPull,
      },
    });
    const answer = await call(method, path);
    expect(answer.status).toBe(403);
    if (method !== 'HEAD') expect(await code(answer)).toEqual([403, 'DENIED']);
  });

  it('do not mount from where one may not pull', async () => {
    const folder = fixture.folder;
    await putBlob(bytes, 'secret');
    const second = await startRegistry({
      folder,
      access: { kind: 'allowed', mayPush: () => true, mayPull: (name) => name !== 'secret' },
    });
    const answer = await fetch(`${second.baseUrl}/v2/mine/blobs/uploads/?mount=${digest}&from=secret`, {
      method: 'POST',
    });
    expect(answer.status).toBe(202);
    await second.close();
  });
});
