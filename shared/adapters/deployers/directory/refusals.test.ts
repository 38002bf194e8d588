import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { directoryWorld, failureOf, shopRepository } from '../../../../test/fixtures/directory-step.ts';
import { digestOf, type FixtureImage, ociImage, pushImage } from '../../../../test/fixtures/oci-image.ts';
import type { FixtureFiles } from '../../../../test/fixtures/tar.ts';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { RegistryClient } from '../../../ports/registry-client.ts';
import { observeDirectory } from './directory.ts';
import type { DirectoryLimits } from './limits.ts';

const world = directoryWorld();

describe('a registry that lies', () => {
  it.each<[string, (image: FixtureImage) => Partial<RegistryClient>, string]>([
    [
      'other bytes of a layer',
      (image) => ({
        blobStream: (_, digest) => falseStream(digest, Buffer.from(image.layers[0]?.bytes ?? []).reverse()),
      }),
      'digestMismatch',
    ],
    [
      'too few bytes',
      (image) => ({ blobStream: () => stream(Buffer.from(image.layers[0]?.bytes ?? []).subarray(1)) }),
      'digestMismatch',
    ],
    ['bytes without end', () => ({ blobStream: endless }), 'digestMismatch'],
    [
      'nothing',
      () => ({ manifest: () => Promise.reject(new Failure('registryUnavailable', 'gone')) }),
      'registryUnavailable',
    ],
  ])('%s: current stays as it was', async (_, lie, code) => {
    const [one, two] = [await world.pushed({ 'index.html': 'one' }), await world.pushed({ 'index.html': 'two' })];
    await world.deploy(one);
    const { client } = world.registry.registry;
    expect(await failureOf(world.deploy(two, { registry: { ...client, ...lie(two) } }))).toContain(code);
    expect(await observeDirectory(world.site)).toMatchObject({ kind: 'intact', digest: one.digest });
    expect((await readdir(join(world.site, 'releases'))).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });
});

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* falseStream(digest: string, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new Failure('digestMismatch', `not ${digest}`);
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield Buffer.alloc(1000);
}

describe('images that cannot be', () => {
  interface Change {
    readonly config?: object;
    /** Media type of the layer. */
    readonly mediaType?: string;
    readonly layer?: Uint8Array;
  }

  /** An image whose parts do not fit together, pushed: every digest is right. */
  async function crafted(change: Change): Promise<FixtureImage> {
    const base = ociImage({ 'index.html': 'crafted' });
    const config = { ...JSON.parse(Buffer.from(base.config?.bytes ?? []).toString()), ...change.config };
    const manifest = JSON.parse(Buffer.from(base.manifest).toString());
    const layer = change.layer ?? base.layers[0]?.bytes ?? Buffer.alloc(0);
    const blob = (bytes: Uint8Array, mediaType: string) => ({ digest: digestOf(bytes), mediaType, bytes });
    const blobs = [
      blob(Buffer.from(JSON.stringify(config)), manifest.config.mediaType),
      blob(layer, change.mediaType ?? manifest.layers[0].mediaType),
    ];
    const [first, ...layers] = blobs.map(({ bytes, ...one }) => ({ ...one, size: bytes.byteLength }));
    const bytes = Buffer.from(JSON.stringify({ ...manifest, config: first, layers }));
    const image = { digest: digestOf(bytes), mediaType: base.mediaType, manifest: bytes, layers: blobs, children: [] };
    await pushImage(image, { baseUrl: world.registry.baseUrl, repository: 'team/shop' });
    return image;
  }

  it.each<[string, Change, string]>([
    [
      'another diff_id',
      { config: { rootfs: { type: 'layers', diff_ids: [digestOf('another tar')] } } },
      'digestMismatch',
    ],
    ['fewer diff_ids', { config: { rootfs: { type: 'layers', diff_ids: [] } } }, 'invalidInput'],
    ['no diff_ids', { config: { rootfs: 'x' } }, 'invalidInput'],
    ['a diff_id that is no digest', { config: { rootfs: { diff_ids: [7] } } }, 'invalidInput'],
    ['a layer that is no tar', { mediaType: 'application/wasm' }, 'invalidInput'],
    ['a layer that is no gzip', { layer: Buffer.from('no gzip') }, 'unsafeArchive'],
    ['a layer cut off', { layer: gzipSync(Buffer.alloc(9000)).subarray(0, 20) }, 'unsafeArchive'],
    ['a layer that is no zstd', { mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' }, 'unsafeArchive'],
  ])('%s', async (_, change, code) => {
    expect(await failureOf(world.deploy(await crafted(change)))).toContain(code);
    await expect(stat(join(world.site, 'current'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('entries that leave their folder are named', async () => {
    expect(await failureOf(world.deploy(await world.pushed({ 'ok.txt': '', '../evil.txt': '' })))).toMatch(
      /^unsafeArchive: .*\.\.\/evil\.txt/,
    );
    expect(await readdir(world.root)).toEqual(['shop']);
  });

  it('a bomb is stopped by its ratio, before it has its full size', async () => {
    const bomb = await world.pushed({ zeroes: Buffer.alloc(80 * 1024 * 1024) });
    expect(await failureOf(world.deploy(bomb))).toMatch(/^tooLarge: .*200 times/);
  });

  it.each<[string, Partial<DirectoryLimits>, FixtureFiles]>([
    ['unpacked size', { unpackedBytes: 10_000 }, { a: 'x'.repeat(20_000) }],
    ['packed size', { unpackedBytes: 50 }, { a: 'x' }],
    ['number of entries', { files: 2 }, { a: '', b: '', c: '' }],
  ])('%s is bounded', async (_, limits, files) => {
    expect(await failureOf(world.deploy(await world.pushed(files), { limits }))).toContain('tooLarge');
  });
});

describe('where and what', () => {
  it.each([['..'], ['../other'], ['shop/../../other'], ['/etc'], ['a\0b'], ['x'.repeat(2000)]])(
    'path %j is not allowed',
    async (path) => {
      const image = await world.pushed({ 'index.html': 'one' });
      expect(await failureOf(world.deploy(image, {}, { path }))).toMatch(/^pathNotAllowed/);
      expect(await readdir(world.root)).toEqual([]);
    },
  );

  it('a link out of the root is not followed, one inside it is', async () => {
    const image = await world.pushed({ 'index.html': 'one' });
    await symlink(tmpdir(), join(world.root, 'out'));
    await symlink(join(world.root, 'real'), join(world.root, 'in'));
    await mkdir(join(world.root, 'real'));
    expect(await failureOf(world.deploy(image, {}, { path: 'out/shop' }))).toMatch(/^pathNotAllowed/);
    expect(await world.deploy(image, {}, { path: 'in/shop' })).toMatchObject({ kind: 'done' });
    expect(await readFile(join(world.root, 'real/shop/current/index.html'), 'utf8')).toBe('one');
  });

  it('a link whose target is not there is not followed', async () => {
    const image = await world.pushed({ 'index.html': 'one' });
    await symlink('/nowhere/at/all', join(world.root, 'dangling'));
    await symlink('loop', join(world.root, 'loop'));
    expect(await failureOf(world.deploy(image, {}, { path: 'dangling/shop' }))).toMatch(/^pathNotAllowed/);
    expect(await failureOf(world.deploy(image, {}, { path: 'loop/shop' }))).toMatch(/^pathNotAllowed/);
  });

  it('any root will do, relative paths start at the first', async () => {
    const image = await world.pushed({ 'index.html': 'one' });
    const roots = [join(world.root, 'first'), join(world.root, 'second')];
    await world.deploy(image, { roots });
    await world.deploy(image, { roots }, { path: join(world.root, 'second/shop') });
    expect(await readFile(join(world.root, 'first/shop/current/index.html'), 'utf8')).toBe('one');
    expect(await readFile(join(world.root, 'second/shop/current/index.html'), 'utf8')).toBe('one');
    expect(await failureOf(world.deploy(image, { roots }, { path: join(world.root, 'third') }))).toMatch(
      /^pathNotAllowed/,
    );
    expect(await failureOf(world.deploy(image, { roots: [] }))).toMatch(/^pathNotAllowed/);
  });

  it.each<[string, (at: string) => Promise<unknown>]>([
    ['current is a folder', (at) => mkdir(join(at, 'current'), { recursive: true })],
    ['releases is a file', async (at) => [await mkdir(at), await writeFile(join(at, 'releases'), '')]],
    ['releases is a link', async (at) => [await mkdir(at), await symlink(tmpdir(), join(at, 'releases'))]],
  ])('nothing of others is replaced: %s', async (_, occupy) => {
    await occupy(world.site);
    expect(await failureOf(world.deploy(await world.pushed({ 'index.html': 'one' })))).toMatch(/^pathNotAllowed/);
  });

  it.each<[string, JsonObject, string]>([
    ['a tag', { image: `${shopRepository}:1.0` }, 'digestRequired'],
    ['a name alone', { image: shopRepository }, 'digestRequired'],
    ['no image', { image: '§' }, 'digestRequired'],
    ['half a digest', { image: `${shopRepository}@sha256:12` }, 'digestRequired'],
    ['an empty path', { path: '' }, 'invalidInput: with.path'],
    ['a number', { path: 7 }, 'invalidInput: with.path'],
    ['an unknown key', { extra: 'x' }, 'invalidInput'],
    ['a platform that is none', { platform: 'arm' }, 'invalidInput: with.platform'],
  ])('%s as input', async (_, given, said) => {
    expect(await failureOf(world.deploy(ociImage({ x: '' }), {}, given))).toContain(said);
  });

  it('an image that nobody pushed', async () => {
    expect(await failureOf(world.deploy(ociImage({ x: 'never pushed' })))).toContain('manifestUnknown');
  });
});
