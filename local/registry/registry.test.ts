import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import { everyRight, fixtureNow, startRegistry } from '../../test/fixtures/embedded-registry.ts';
import { digestOf, ociImage, ociIndex } from '../../test/fixtures/oci-image.ts';
import { refusal, registryWorld, shopImage } from '../../test/fixtures/registry-world.ts';

const world = registryWorld();
const other = ociImage({ 'index.html': 'two' });
const nowhere = `sha256:${'0'.repeat(64)}`;
const bytes = Buffer.from('some layer of some image');
const digest = digestOf(bytes);

describe('base', () => {
  it('says that it is here', async () => {
    const answer = await world.call('GET', '/v2/');
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
    expect(await refusal(await world.call('GET', path))).toEqual([status, expected]);
  });

  it.each([
    ['POST', `/v2/a/blobs/${nowhere}`],
    ['PATCH', '/v2/a/manifests/1'],
    ['PUT', '/v2/a/tags/list'],
    ['DELETE', `/v2/a/referrers/${nowhere}`],
  ])('%s %s is not supported', async (method, path) => {
    expect(await refusal(await world.call(method, path))).toEqual([405, 'UNSUPPORTED']);
  });
});

describe('blobs', () => {
  it('come in with one POST and go out whole, by HEAD and in ranges', async () => {
    await world.putBlob(bytes);
    const path = `/v2/team/shop/blobs/${digest}`;
    const head = await world.call('HEAD', path);
    expect([head.status, head.headers.get('content-length'), head.headers.get('docker-content-digest')]).toEqual([
      200,
      '24',
      digest,
    ]);
    expect(await (await world.call('GET', path)).text()).toBe(bytes.toString());
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
    await world.putBlob(bytes);
    const answer = await world.call('GET', `/v2/team/shop/blobs/${digest}`, { headers: { range } });
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it('refuse a range behind the end', async () => {
    await world.putBlob(bytes);
    const answer = await world.call('GET', `/v2/team/shop/blobs/${digest}`, { headers: { range: 'bytes=24-' } });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */24']);
  });

  it('of another repository are invisible until they are mounted', async () => {
    await world.putBlob(bytes, 'a');
    expect((await world.call('HEAD', `/v2/b/blobs/${digest}`)).status).toBe(404);
    const mounted = await world.call('POST', `/v2/b/blobs/uploads/?mount=${digest}&from=a`);
    expect([mounted.status, mounted.headers.get('location')]).toEqual([201, `/v2/b/blobs/${digest}`]);
    expect((await world.call('HEAD', `/v2/b/blobs/${digest}`)).status).toBe(200);
  });

  it.each([
    ['unknown there', `mount=${nowhere}&from=a`],
    ['no repository', `mount=${digest}`],
    ['a repository that is none', `mount=${digest}&from=..`],
  ])('that cannot be mounted start an upload: %s', async (_, query) => {
    expect((await world.call('POST', `/v2/b/blobs/uploads/?${query}`)).status).toBe(202);
  });

  it('may be empty', async () => {
    await world.putBlob(Buffer.alloc(0));
    const answer = await world.call('GET', `/v2/team/shop/blobs/${digestOf('')}`);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });
});

describe('manifests', () => {
  it('are told before they are answered, with tag, digest and media type', async () => {
    await world.push('V1.0');
    expect(world.fixture.pushes).toEqual([
      {
        id: expect.stringMatching(/^\d{15}-[0-9a-f]{16}$/),
        at: fixtureNow,
        repository: 'team/shop',
        tag: 'V1.0',
        digest: shopImage.digest,
        mediaType: shopImage.mediaType,
      },
    ]);
    const got = await world.call('GET', '/v2/team/shop/manifests/V1.0');
    expect(Buffer.from(await got.arrayBuffer())).toEqual(shopImage.manifest);
    expect([got.headers.get('content-type'), got.headers.get('docker-content-digest')]).toEqual([
      shopImage.mediaType,
      shopImage.digest,
    ]);
    const head = await world.call('HEAD', `/v2/team/shop/manifests/${shopImage.digest}`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(shopImage.manifest.byteLength)]);
    expect((await world.call('GET', '/v2/team/shop/manifests/v1.0')).status).toBe(404);
  });

  it('name who pushed them', async () => {
    await world.restart({ access: { ...everyRight, subject: 'alice' } });
    await world.push('1.0');
    expect(world.fixture.pushes[0]?.actor).toBe('alice');
  });

  it('of an index come with their children, which have no tag', async () => {
    const index = ociIndex([shopImage, other]);
    await world.push('1.0', index);
    expect(world.fixture.pushes.map((one) => [one.tag, one.digest])).toEqual([
      [undefined, shopImage.digest],
      [undefined, other.digest],
      ['1.0', index.digest],
    ]);
  });

  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: bytes.byteLength };
  const manifest = (change: object) =>
    JSON.stringify({ schemaVersion: 2, mediaType: shopImage.mediaType, config, layers: [], ...change });
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
    await world.putBlob(bytes);
    expect(await refusal(await world.putManifest(body))).toEqual([status, expected]);
    expect(world.fixture.pushes).toEqual([]);
  });

  it.each([
    ['an unknown media type', manifest({ mediaType: undefined }), { type: 'application/json' }, 'MANIFEST_INVALID'],
    [
      'a child that is only a blob',
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...config, mediaType: shopImage.mediaType }] }),
      { type: indexType },
      'MANIFEST_BLOB_UNKNOWN',
    ],
    ['another digest in the address', manifest({}), { reference: nowhere }, 'DIGEST_INVALID'],
    ['a tag that is none', manifest({}), { reference: '.x' }, 'MANIFEST_INVALID'],
  ])('are refused under %s', async (_, body, options, expected) => {
    await world.putBlob(bytes);
    expect((await refusal(await world.putManifest(body, options)))[1]).toBe(expected);
  });

  it('may name layers that no registry may hold', async () => {
    await world.putBlob(bytes);
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: nowhere,
      size: 5,
    };
    expect((await world.putManifest(manifest({ layers: [foreign] }))).status).toBe(201);
  });

  it('are bounded in size, announced or not', async () => {
    await world.restart({ limits: { manifestBytes: 100 } });
    expect(await refusal(await world.putManifest('x'.repeat(101)))).toEqual([413, 'SIZE_INVALID']);
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('x'.repeat(101)));
        controller.close();
      },
    });
    const url = `${world.fixture.baseUrl}/v2/a/manifests/1`;
    expect(await refusal(await fetch(url, { method: 'PUT', body: chunks, duplex: 'half' }))).toEqual([
      413,
      'SIZE_INVALID',
    ]);
  });

  it('whose event cannot be kept are not acknowledged, and are told at the next start', async () => {
    let works = false;
    const onPush = async () => {
      if (!works) throw new Failure('storeUnavailable', 'the table is not there');
    };
    await world.restart({ onPush });
    const refused = await world.push('1.0').then(() => '', String);
    expect(refused).toContain('503');
    works = true;
    const second = await startRegistry({ folder: world.fixture.folder, onPush });
    expect(second.pushes.map((one) => [one.tag, one.digest])).toEqual([['1.0', shopImage.digest]]);
    await second.close();
  });

  it('that were cut off before their tag moved are forgotten', async () => {
    await world.push('1.0');
    const id = '000000000000001-0123456789abcdef';
    const note = { id, at: 1, repository: 'team/shop', tag: '1.0', digest: other.digest, mediaType: other.mediaType };
    await writeFile(join(world.fixture.folder, 'pushes', `${id}.json`), JSON.stringify(note));
    const second = await startRegistry({ folder: world.fixture.folder });
    expect(second.pushes).toEqual([]);
    expect(await readdir(join(world.fixture.folder, 'pushes'))).toEqual([]);
    await second.close();
  });

  it('of one tag are told in the order in which the tag moved', async () => {
    await world.push(undefined, shopImage);
    await world.push(undefined, other);
    const slow = async () => pause(Math.random() * 5);
    const folder = world.fixture.folder;
    const second = await startRegistry({ folder, onPush: slow });
    const put = (one: typeof shopImage) =>
      fetch(`${second.baseUrl}/v2/team/shop/manifests/t`, {
        method: 'PUT',
        headers: { 'content-type': one.mediaType },
        body: Buffer.from(one.manifest),
      });
    await Promise.all([shopImage, other, shopImage, other, other, shopImage].map(put));
    const stands = await second.registry.client.resolveTag('registry.local/team/shop', 't');
    expect(second.pushes.at(-1)?.digest).toBe(stands.digest);
    expect(second.pushes).toHaveLength(6);
    await second.close();
  });

  it('altered on disk are not served', async () => {
    await world.push('1.0');
    const hex = shopImage.digest.slice(7);
    await writeFile(join(world.fixture.folder, 'blobs/sha256', hex.slice(0, 2), hex), 'altered');
    expect(await refusal(await world.call('GET', '/v2/team/shop/manifests/1.0'))).toEqual([500, 'UNKNOWN']);
    await world.push('1.0');
    expect((await world.call('GET', '/v2/team/shop/manifests/1.0')).status).toBe(200);
  });

  it('go by tag, then by digest with every tag of it', async () => {
    await world.push('1.0');
    await world.push('1.1');
    await world.push('1.2');
    expect((await world.call('DELETE', '/v2/team/shop/manifests/1.0')).status).toBe(202);
    expect(await refusal(await world.call('DELETE', '/v2/team/shop/manifests/1.0'))).toEqual([404, 'MANIFEST_UNKNOWN']);
    expect((await world.call('GET', `/v2/team/shop/manifests/${shopImage.digest}`)).status).toBe(200);
    expect((await world.call('DELETE', `/v2/team/shop/manifests/${shopImage.digest}`)).status).toBe(202);
    expect((await world.call('GET', `/v2/team/shop/manifests/${shopImage.digest}`)).status).toBe(404);
    expect(await (await world.call('GET', '/v2/team/shop/tags/list')).json()).toEqual({ name: 'team/shop', tags: [] });
  });
});

describe('rights', () => {
  it('ask for a login', async () => {
    await world.restart({ access: { kind: 'unauthorized' } });
    const answer = await world.call('GET', '/v2/');
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="waybill"');
    expect(await refusal(answer)).toEqual([401, 'UNAUTHORIZED']);
  });

  it.each([
    ['GET', '/v2/team/shop/tags/list', false, true],
    ['HEAD', `/v2/team/shop/blobs/${nowhere}`, false, true],
    ['POST', '/v2/team/shop/blobs/uploads/', true, false],
    ['GET', '/v2/team/shop/blobs/uploads/x', true, false],
    ['PUT', '/v2/team/shop/manifests/1', true, false],
    ['DELETE', '/v2/team/shop/manifests/1', true, false],
  ])('%s %s needs push: %s, pull: %s', async (method, path, needsPush, needsPull) => {
    await world.restart({
      access: {
        kind: 'allowed',
        mayPush: (name) => name === 'team/shop' && !needsPush,
        mayPull: async () => !needsPull,
      },
    });
    const answer = await world.call(method, path);
    expect(answer.status).toBe(403);
    if (method !== 'HEAD') expect(await refusal(answer)).toEqual([403, 'DENIED']);
  });

  it('do not mount from where one may not pull', async () => {
    const folder = world.fixture.folder;
    await world.putBlob(bytes, 'secret');
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
