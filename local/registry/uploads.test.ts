import { open, readdir, utimes } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtureNow, startRegistry } from '../../test/fixtures/embedded-registry.ts';
import { digestOf } from '../../test/fixtures/oci-image.ts';
import { refusal, registryWorld, shopImage } from '../../test/fixtures/registry-world.ts';

const world = registryWorld();
const nowhere = `sha256:${'0'.repeat(64)}`;
const bytes = Buffer.from('some layer of some image');
const digest = digestOf(bytes);

describe('uploads', () => {
  it('take chunks in order and say how far they are', async () => {
    const location = await world.startUpload();
    const first = await world.call('PATCH', location, {
      body: bytes.subarray(0, 10),
      headers: { 'content-range': '0-9' },
    });
    expect([first.status, first.headers.get('range')]).toEqual([202, '0-9']);
    const status = await world.call('GET', location);
    expect([status.status, status.headers.get('range'), status.headers.get('location')]).toEqual([
      204,
      '0-9',
      location,
    ]);
    const second = await world.call('PATCH', location, {
      body: bytes.subarray(10, 20),
      headers: { 'content-range': '10-19' },
    });
    expect([second.status, second.headers.get('range')]).toEqual([202, '0-19']);
    const end = await world.call('PUT', `${location}?digest=${digest}`, { body: bytes.subarray(20) });
    expect([end.status, end.headers.get('docker-content-digest')]).toEqual([201, digest]);
    expect(await (await world.call('GET', `/v2/team/shop/blobs/${digest}`)).text()).toBe(bytes.toString());
    expect((await world.call('GET', location)).status).toBe(404);
  });

  it.each([
    ['a gap', '12-21', 416, 'BLOB_UPLOAD_INVALID'],
    ['the same again', '0-9', 416, 'BLOB_UPLOAD_INVALID'],
    ['fewer bytes than announced', '10-30', 400, 'SIZE_INVALID'],
    ['more bytes than announced', '10-12', 400, 'SIZE_INVALID'],
    ['no range', 'ten', 400, 'BLOB_UPLOAD_INVALID'],
    ['a range backwards', '9-3', 400, 'BLOB_UPLOAD_INVALID'],
  ])('refuse %s and stay where they were', async (_, range, status, expected) => {
    const location = await world.startUpload();
    await world.call('PATCH', location, { body: bytes.subarray(0, 10) });
    const headers = { 'content-range': range };
    const refused = await world.call('PATCH', location, { body: bytes.subarray(10, 20), headers });
    if (status === 416) expect(refused.headers.get('range')).toBe('0-9');
    expect(await refusal(refused)).toEqual([status, expected]);
    const end = await world.call('PUT', `${location}?digest=${digest}`, { body: bytes.subarray(10) });
    expect(end.status).toBe(201);
  });

  it('go on after a restart', async () => {
    const location = await world.startUpload();
    await world.call('PATCH', location, { body: bytes.subarray(0, 10) });
    const second = await startRegistry({ folder: world.fixture.folder });
    const url = new URL(`${location}?digest=${digest}`, second.baseUrl);
    const end = await fetch(url, { method: 'PUT', body: Buffer.from(bytes.subarray(10)) });
    expect(end.status).toBe(201);
    await second.close();
  });

  it.each([
    ['other bytes', digestOf('other'), 'DIGEST_INVALID'],
    ['no digest', '', 'DIGEST_INVALID'],
  ])('are not finished with %s', async (_, given, expected) => {
    const location = await world.startUpload();
    expect(await refusal(await world.call('PUT', `${location}?digest=${given}`, { body: bytes }))).toEqual([
      400,
      expected,
    ]);
    expect((await world.call('HEAD', `/v2/team/shop/blobs/${digestOf('other')}`)).status).toBe(404);
  });

  it('with other bytes leave nothing', async () => {
    const answer = await world.call('POST', `/v2/a/blobs/uploads/?digest=${nowhere}`, { body: 'x' });
    expect(await refusal(answer)).toEqual([400, 'DIGEST_INVALID']);
    expect(await readdir(join(world.fixture.folder, 'uploads'))).toEqual([]);
    expect(await readdir(join(world.fixture.folder, 'blobs'))).toEqual([]);
  });

  it('end by DELETE, and belong to their repository', async () => {
    const location = await world.startUpload();
    expect((await world.call('GET', location.replace('team/shop', 'team/other'))).status).toBe(404);
    expect((await world.call('DELETE', location)).status).toBe(204);
    expect(await refusal(await world.call('PATCH', location, { body: 'x' }))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
    expect(await readdir(join(world.fixture.folder, 'uploads'))).toEqual([]);
  });

  it('are bounded in size', async () => {
    await world.restart({ limits: { blobBytes: 10 } });
    expect(await refusal(await world.call('POST', `/v2/a/blobs/uploads/?digest=${digest}`, { body: bytes }))).toEqual([
      413,
      'SIZE_INVALID',
    ]);
    expect(await readdir(join(world.fixture.folder, 'uploads'))).toEqual([]);
  });

  it('are bounded in number; one that nobody goes on with gives way', async () => {
    await world.restart({ limits: { uploads: 2 } });
    const first = await world.startUpload();
    world.fixture.setTime(fixtureNow + 10 * 60_000);
    await world.startUpload();
    expect(await refusal(await world.call('POST', '/v2/a/blobs/uploads/'))).toEqual([429, 'TOOMANYREQUESTS']);
    world.fixture.setTime(fixtureNow + 16 * 60_000);
    await world.startUpload();
    expect((await world.call('GET', first)).status).toBe(404);
  });

  it('nobody went on with for a day are removed at start, younger ones stay', async () => {
    const [old, young] = [await world.startUpload(), await world.startUpload()];
    const at = (location: string) => join(world.fixture.folder, 'uploads', location.split('/').at(-1) ?? '', 'data');
    await utimes(at(old), fixtureNow / 1000, fixtureNow / 1000 - 25 * 3600);
    await utimes(at(young), fixtureNow / 1000, fixtureNow / 1000 - 23 * 3600);
    const second = await startRegistry({ folder: world.fixture.folder });
    expect((await fetch(new URL(old, second.baseUrl))).status).toBe(404);
    expect((await fetch(new URL(young, second.baseUrl))).status).toBe(204);
    await second.close();
  });

  it('that are cut off leave nothing of the request', async () => {
    const location = await world.startUpload();
    const socket = connect(Number(new URL(world.fixture.baseUrl).port), '127.0.0.1');
    socket.write(`PATCH ${location} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf`);
    await untilSize(join(world.fixture.folder, 'uploads', location.split('/').at(-1) ?? '', 'data'), 4);
    socket.destroy();
    await expect.poll(() => readdir(join(world.fixture.folder, 'uploads'))).toEqual([]);
  });
});

async function untilSize(path: string, size: number): Promise<void> {
  await expect
    .poll(async () => (await open(path, 'r').then(async (file) => [(await file.stat()).size, await file.close()]))[0])
    .toBe(size);
}

describe('a full disk', () => {
  it('is 507, keeps nothing of it, and the service goes on', async () => {
    let full = false;
    const openOrFull = async (path: string, flags: string) => {
      const handle = await open(path, flags);
      if (!full) return handle;
      handle.write = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
      return handle;
    };
    await world.restart({ open: openOrFull });
    const location = await world.startUpload();
    full = true;
    expect(await refusal(await world.call('PATCH', location, { body: bytes }))).toEqual([507, 'STORAGE_FULL']);
    expect(await refusal(await world.call('POST', '/v2/a/blobs/uploads/'))).toEqual([507, 'STORAGE_FULL']);
    expect(await readdir(join(world.fixture.folder, 'uploads'))).toEqual([]);
    expect(await readdir(join(world.fixture.folder, 'temp'))).toEqual([]);
    full = false;
    await world.push('1.0');
    full = true;
    expect(await refusal(await world.putManifest(shopImage.manifest, { reference: '2.0' }))).toEqual([
      507,
      'STORAGE_FULL',
    ]);
    expect(world.fixture.pushes.map((one) => one.tag)).toEqual(['1.0']);
    expect((await world.call('GET', '/v2/team/shop/manifests/1.0')).status).toBe(200);
  });
});
