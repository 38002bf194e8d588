import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { digestOf, ociImage, pushImage } from '../fixtures/oci-image.ts';
import { eventually } from '../fixtures/process-tree.ts';
import { type RunningService, startService } from '../fixtures/running-service.ts';
import { makeScenarioFolder, type ScenarioFolder } from '../fixtures/scenario-folder.ts';
import type { FixtureFiles } from '../fixtures/tar.ts';
import { thorough } from '../fixtures/thorough.ts';
import { mountTinyDisk } from '../fixtures/tiny-disk.ts';

let folder: ScenarioFolder;
let service: RunningService;
beforeAll(async () => {
  folder = await makeScenarioFolder();
  service = await startService({ dataDir: folder.path });
}, 30_000);
afterAll(async () => {
  await service?.stop();
  await folder?.remove();
});

const pipeline = {
  name: 'site',
  sources: { image: { type: 'registry', repository: 'registry.local/bad/site', on: ['push'] } },
  stages: {
    pre: {
      environment: 'pre',
      steps: { deploy: { step: 'directory', with: { path: 'site', image: '$[sources.image]' } } },
    },
  },
};

async function deploy(tag: string, files: FixtureFiles) {
  const image = ociImage({ 'index.html': tag, ...files });
  await pushImage(image, { baseUrl: service.baseUrl, repository: 'bad/site', tag });
  const find = async () =>
    (await service.call('GET', `/v1/executions?pipeline=site&digest=${image.digest}`)).json.items[0];
  expect(await eventually(async () => /succeeded|failed/.test((await find())?.status ?? ''), 15_000)).toBe(true);
  const { json } = await service.call('GET', `/v1/executions/${(await find()).id}`);
  return { status: json.status, step: json.stages[0].jobs[0].steps[0], digest: image.digest };
}

const outside = `waybill-evil-${randomBytes(6).toString('hex')}`;

describe('images that try to get out', () => {
  beforeAll(async () => {
    expect((await service.call('PUT', '/v1/pipelines/site', pipeline)).status).toBe(201);
    expect(await deploy('good', {})).toMatchObject({ status: 'succeeded' });
  }, 30_000);

  const bomb: [string, string, FixtureFiles] = [
    '70 MiB in 70 KiB',
    'tooLarge',
    { bomb: Buffer.alloc(70 * 1024 * 1024) },
  ];
  it.each<[string, string, FixtureFiles]>([
    ['a path upwards', 'unsafeArchive', { [`../../../${outside}`]: 'x' }],
    ['a path upwards from below', 'unsafeArchive', { [`a/../../${outside}`]: 'x' }],
    ['an absolute path', 'unsafeArchive', { [`/tmp/${outside}`]: 'x' }],
    [
      'a link out and a file through it',
      'unsafeArchive',
      { out: { kind: 'symlink', target: '/tmp' }, [`out/${outside}`]: 'x' },
    ],
    ['a link out', 'unsafeArchive', { out: { kind: 'symlink', target: '../../../../etc/passwd' } }],
    ['a link to a file of the machine', 'unsafeArchive', { out: { kind: 'hardlink', target: '/etc/passwd' } }],
    ['a link upwards to a file', 'unsafeArchive', { out: { kind: 'hardlink', target: '../../../admin-token' } }],
    ...(thorough ? [bomb] : []),
  ])('%s fails the step with %s', async (name, code, files) => {
    const { status, step, digest } = await deploy(name.replaceAll(/[^a-zA-Z0-9]/g, '-'), files);
    expect([status, step.status, step.error.code, step.wanted]).toEqual(['failed', 'failed', code, digest]);
    expect(step.observed).not.toBe(digest);
    expect(existsSync(join('/tmp', outside))).toBe(false);
    const written = await readdir(folder.path, { recursive: true });
    expect(written.filter((path) => path.endsWith(outside) || path.endsWith('bomb'))).toEqual([]);
    expect(await readFile(join(folder.path, 'sites/site/current/index.html'), 'utf8')).toBe('good');
  });

  it('leaves the head where it was', async () => {
    const { json } = await service.call('GET', '/v1/environments');
    const good = ociImage({ 'index.html': 'good' });
    expect(json.items).toMatchObject([{ name: 'pre', heads: [{ digest: good.digest }] }]);
  });
});

const blob = Buffer.from('the bytes of a blob');
const right = digestOf(blob);
const wrong = digestOf('other bytes');

describe('uploads', () => {
  const v2 = (method: string, path: string, body?: Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
    service.call(method, `/v2/${path}`, body, { token: null, headers });

  async function begin(repository = 'bad/blobs'): Promise<string> {
    const { headers } = await v2('POST', `${repository}/blobs/uploads/`);
    return (headers.get('location') ?? '').replace('/v2/', '');
  }

  const bytes = { 'content-type': 'application/octet-stream' };
  const image = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
  const manifest = (more: object = {}) =>
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: image['content-type'],
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: wrong, size: 2 },
        layers: [],
        ...more,
      }),
    );

  it.each<[string, number, string, () => Promise<Awaited<ReturnType<typeof v2>>>]>([
    [
      'other bytes than the digest',
      400,
      'DIGEST_INVALID',
      async () => v2('PUT', `${await begin()}?digest=${wrong}`, blob, bytes),
    ],
    [
      'a digest that is none',
      400,
      'DIGEST_INVALID',
      async () => v2('PUT', `${await begin()}?digest=sha256:x`, blob, bytes),
    ],
    ['no digest', 400, 'DIGEST_INVALID', async () => v2('PUT', await begin(), blob, bytes)],
    [
      'a part before its turn',
      416,
      'BLOB_UPLOAD_INVALID',
      async () => v2('PATCH', await begin(), blob, { ...bytes, 'content-range': `5-${blob.length + 4}` }),
    ],
    [
      'a part twice',
      416,
      'BLOB_UPLOAD_INVALID',
      async () => {
        const upload = await begin();
        const range = { ...bytes, 'content-range': `0-${blob.length - 1}` };
        expect((await v2('PATCH', upload, blob, range)).status).toBe(202);
        return v2('PATCH', upload, blob, range);
      },
    ],
    [
      'a part of another length',
      400,
      'SIZE_INVALID',
      async () => v2('PATCH', await begin(), blob, { ...bytes, 'content-range': '0-99' }),
    ],
    [
      'a range that is none',
      400,
      'BLOB_UPLOAD_INVALID',
      async () => v2('PATCH', await begin(), blob, { ...bytes, 'content-range': 'some-more' }),
    ],
    ['an upload of nobody', 404, 'BLOB_UPLOAD_UNKNOWN', () => v2('PATCH', 'bad/blobs/blobs/uploads/nope', blob, bytes)],
    [
      'an upload that is a way out',
      404,
      'BLOB_UPLOAD_UNKNOWN',
      () => v2('PUT', `bad/blobs/blobs/uploads/..%2f..%2fx?digest=${right}`, blob, bytes),
    ],
    [
      'an upload of another repository',
      404,
      'BLOB_UPLOAD_UNKNOWN',
      async () => v2('PATCH', (await begin()).replace('bad/blobs/', 'bad/other/'), blob, bytes),
    ],
    [
      'an upload after its end',
      404,
      'BLOB_UPLOAD_UNKNOWN',
      async () => {
        const upload = await begin();
        expect((await v2('PUT', `${upload}?digest=${right}`, blob, bytes)).status).toBe(201);
        return v2('PUT', `${upload}?digest=${right}`, blob, bytes);
      },
    ],
    ['a name in capitals', 400, 'NAME_INVALID', () => v2('POST', 'Bad/Blobs/blobs/uploads/')],
    ['a name that is a way out', 400, 'NAME_INVALID', () => v2('POST', '..%2f..%2fetc/blobs/uploads/')],
    ['a method for reading', 405, 'UNSUPPORTED', () => v2('DELETE', `bad/blobs/blobs/${right}`)],
    [
      'a manifest that is no JSON',
      400,
      'MANIFEST_INVALID',
      () => v2('PUT', 'bad/blobs/manifests/x', Buffer.from('{'), image),
    ],
    [
      'a manifest that is not UTF-8',
      400,
      'MANIFEST_INVALID',
      () => v2('PUT', 'bad/blobs/manifests/x', Buffer.from([0xff]), image),
    ],
    [
      'a manifest of blobs that are not there',
      404,
      'MANIFEST_BLOB_UNKNOWN',
      () => v2('PUT', 'bad/blobs/manifests/x', manifest(), image),
    ],
    [
      'a manifest of another size of blob',
      400,
      'SIZE_INVALID',
      () =>
        v2('PUT', 'bad/blobs/manifests/x', manifest({ config: { mediaType: 'x/y', digest: right, size: 5 } }), image),
    ],
    [
      'a manifest under another digest',
      400,
      'DIGEST_INVALID',
      () => v2('PUT', `bad/blobs/manifests/${wrong}`, manifest(), image),
    ],
    [
      'a manifest under a tag that is none',
      400,
      'MANIFEST_INVALID',
      () => v2('PUT', 'bad/blobs/manifests/-x', manifest(), image),
    ],
    [
      'a manifest of many MiB',
      413,
      'SIZE_INVALID',
      () => v2('PUT', 'bad/blobs/manifests/x', Buffer.alloc(5 * 1024 * 1024, 0x20), image),
    ],
  ])('%s: %i %s', async (_name, status, code, request) => {
    const answer = await request();
    expect([answer.status, answer.json?.errors[0].code, answer.json?.errors[0].message]).toEqual([
      status,
      code,
      expect.stringMatching(/\w/),
    ]);
    expect((await v2('GET', `bad/blobs/blobs/${wrong}`)).status).toBe(404);
    expect((await service.call('GET', '/healthz')).status).toBe(200);
  });
});

describe('a full disk', () => {
  it.runIf(thorough)('is 507, and the service goes on once there is room', { timeout: 60_000 }, async (context) => {
    const disk = mountTinyDisk(24 * 1024);
    if (disk === undefined) return context.skip('this user may not mount a small file system');
    onTestFinished(() => disk.remove());
    const own = await startService({ dataDir: disk.folder });
    onTestFinished(() => own.stop());
    const large = randomBytes(40 * 1024 * 1024);
    const start = await own.call('POST', '/v2/big/blob/blobs/uploads/', undefined, { token: null });
    const target = `${start.headers.get('location')}?digest=${digestOf(large)}`;
    const headers = { 'content-type': 'application/octet-stream' };
    const refused = await own.call('PUT', target, large, { token: null, headers });
    expect([refused.status, refused.json.errors[0].code]).toEqual([507, 'STORAGE_FULL']);

    const filler = join(disk.folder, 'filler');
    await fill(filler);
    const token = { subject: 'late', groups: [] };
    const statuses = new Set<number>();
    const isFull = async () => statuses.add((await own.call('POST', '/v1/tokens', token)).status).has(507);
    expect(await eventually(isFull, 10_000)).toBe(true);
    expect([...statuses].filter((status) => status !== 201 && status !== 507)).toEqual([]);
    const push = pushImage(ociImage({ a: 'x'.repeat(10_000) }), {
      baseUrl: own.baseUrl,
      repository: 'big/blob',
      tag: '1',
    });
    await expect(push).rejects.toThrow(/507/);
    expect((await own.call('GET', '/healthz')).status).toBe(200);
    expect((await own.call('GET', '/v1/tokens')).status).toBe(200);

    await rm(filler);
    expect((await own.call('POST', '/v1/tokens', token)).status).toBe(201);
    await pushImage(ociImage({ a: 'x' }), { baseUrl: own.baseUrl, repository: 'big/blob', tag: '1' });
    expect(await own.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});

/** Takes all that is left. */
async function fill(file: string): Promise<void> {
  for (let size = 1024 * 1024; size >= 4096; size /= 2) {
    let isFull = false;
    while (!isFull) {
      await writeFile(file, Buffer.alloc(size), { flag: 'a' }).catch(() => {
        isFull = true;
      });
    }
  }
}
