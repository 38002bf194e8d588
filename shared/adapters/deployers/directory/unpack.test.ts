import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FixtureFiles, tarOf } from '../../../../test/fixtures/tar.ts';
import { Failure } from '../../../domain/failure.ts';
import { findDifferences } from './observe.ts';
import { checkLinks, type DirectoryNode, emptyTree, listTree } from './tree.ts';
import { unpackTar } from './unpack.ts';

let folder: string;
let outside: string;

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'waybill-unpack-'));
  folder = join(outside, 'tree');
  await mkdir(folder);
});
afterEach(() => rm(outside, { recursive: true, force: true }));

type TarEntry = Partial<Header> & { readonly name: string; readonly body?: string };

/** Entries as tar-stream writes them: long names, devices and modes that the fixture's ustar does not have. */
async function tarWith(...entries: readonly TarEntry[]): Promise<Buffer> {
  const packing = pack({});
  for (const { body, ...header } of entries) packing.entry(header, body ?? '');
  packing.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of packing) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inChunks(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function unpackAll(
  layers: readonly (FixtureFiles | Buffer)[],
  limits: { files?: number; chunk?: number } = {},
): Promise<DirectoryNode> {
  const tree = emptyTree();
  const budget = { files: limits.files ?? 1000 };
  for (const [layer, files] of layers.entries()) {
    const bytes = Buffer.isBuffer(files) ? files : tarOf(files);
    await unpackTar(inChunks(bytes, limits.chunk), { folder, tree, layer, maxPathBytes: 1024, budget });
  }
  checkLinks(tree);
  return tree;
}

async function fault(work: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'none', message: '' };
}

const paths = (tree: DirectoryNode) => listTree(tree).map(({ path }) => path);

describe('unpackTar', () => {
  it('writes files, folders and links, and knows what it wrote', async () => {
    const tree = await unpackAll([
      {
        './': { kind: 'directory' },
        './index.html': 'hello',
        'deep/er/': { kind: 'directory', mode: 0o750 },
        'deep/er/run.sh': { kind: 'file', body: '#!/bin/sh', mode: 0o755 },
        'implicit/parent/x': 'x',
        now: { kind: 'symlink', target: 'deep/er' },
        'deep/up': { kind: 'symlink', target: '../index.html' },
        same: { kind: 'hardlink', target: './index.html' },
        empty: '',
      },
    ]);
    expect(await readFile(join(folder, 'index.html'), 'utf8')).toBe('hello');
    expect(await readFile(join(folder, 'same'), 'utf8')).toBe('hello');
    expect((await stat(join(folder, 'deep/er/run.sh'))).mode & 0o7777).toBe(0o755);
    expect((await stat(join(folder, 'deep/er'))).mode & 0o7777).toBe(0o750);
    expect(await readlink(join(folder, 'deep/up'))).toBe('../index.html');
    expect(paths(tree)).toEqual([
      'deep',
      'deep/er',
      'deep/er/run.sh',
      'deep/up',
      'empty',
      'implicit',
      'implicit/parent',
      'implicit/parent/x',
      'index.html',
      'now',
      'same',
    ]);
    expect(await findDifferences(folder, listTree(tree))).toEqual([]);
  });

  it.each([1, 511, 512, 513, 100_000])('reads the archive in pieces of %s bytes', async (chunk) => {
    const body = 'x'.repeat(1500);
    const tree = await unpackAll([{ a: body, 'b/c': body, d: '' }], { chunk });
    expect(paths(tree)).toEqual(['a', 'b', 'b/c', 'd']);
    expect(await findDifferences(folder, listTree(tree))).toEqual([]);
  });

  it('takes long names', async () => {
    const name = `${'d'.repeat(120)}/${'f'.repeat(120)}`;
    const tree = await unpackAll([await tarWith({ name, body: 'x' })]);
    expect(paths(tree)).toContain(name);
  });

  it('drops setuid, setgid and sticky, and keeps the owner able to read', async () => {
    await unpackAll([
      await tarWith(
        { name: 'a', mode: 0o6755, body: 'x' },
        { name: 'b', mode: 0o1777, type: 'directory' },
        { name: 'c', mode: 0o044, body: 'x' },
      ),
    ]);
    const bits = await Promise.all(['a', 'b', 'c'].map(async (name) => (await stat(join(folder, name))).mode & 0o7777));
    expect(bits).toEqual([0o755, 0o777, 0o444]);
  });

  it.each<[string, readonly FixtureFiles[], readonly string[]]>([
    ['a file is replaced', [{ a: 'old' }, { a: 'new' }], ['a']],
    ['a file is hidden', [{ a: '', b: '' }, { '.wh.a': '' }], ['b']],
    ['a folder is hidden', [{ 'd/x': '', 'd/y': '', e: '' }, { '.wh.d': '' }], ['e']],
    ['a link is hidden, not its target', [{ d: '', l: { kind: 'symlink', target: 'd' } }, { '.wh.l': '' }], ['d']],
    ['nothing is there to hide', [{ a: '' }, { '.wh.b': '', 'c/.wh.d': '' }], ['a']],
    [
      'an opaque folder',
      [
        { 'd/x': '', 'd/e/y': '' },
        { 'd/.wh..wh..opq': '', 'd/z': '' },
      ],
      ['d', 'd/z'],
    ],
    [
      'an opaque folder, said last',
      [
        { 'd/x': '', 'd/e/y': '' },
        { 'd/e/z': '', 'd/.wh..wh..opq': '' },
      ],
      ['d', 'd/e', 'd/e/z'],
    ],
    [
      'the whole image opaque',
      [
        { a: '', b: '' },
        { '.wh..wh..opq': '', c: '' },
      ],
      ['c'],
    ],
    ['a whiteout after the same name', [{ a: 'old' }, { a: 'new', '.wh.a': '' }], ['a']],
    ['hidden, then there again', [{ a: '' }, { '.wh.a': '' }, { a: '' }], ['a']],
    ['bookkeeping of aufs', [{ a: '' }, { '.wh..wh.plnk': '', '.wh..wh.aufs': '' }], ['a']],
    ['a folder becomes a file', [{ 'd/x': '' }, { d: 'file' }], ['d']],
    ['a file becomes a folder', [{ d: 'file' }, { 'd/': { kind: 'directory' }, 'd/x': '' }], ['d', 'd/x']],
    [
      'a link becomes a folder',
      [
        { e: '', d: { kind: 'symlink', target: '.' } },
        { 'd/': { kind: 'directory' }, 'd/x': '' },
      ],
      ['d', 'd/x', 'e'],
    ],
    ['a folder comes again', [{ 'd/x': '' }, { 'd/': { kind: 'directory', mode: 0o700 } }], ['d', 'd/x']],
    ['a hard link across layers', [{ a: '1' }, { b: { kind: 'hardlink', target: 'a' } }, { a: '2' }], ['a', 'b']],
    ['a hard link to itself', [{ a: '1' }, { a: { kind: 'hardlink', target: 'a' } }], ['a']],
    [
      'a hard link to a link',
      [{ a: '1', l: { kind: 'symlink', target: 'a' }, m: { kind: 'hardlink', target: 'l' } }],
      ['a', 'l', 'm'],
    ],
  ])('layers: %s', async (_, layers, expected) => {
    const tree = await unpackAll(layers);
    expect(paths(tree)).toEqual(expected);
    expect(await findDifferences(folder, listTree(tree))).toEqual([]);
  });

  it('a replaced file leaves its other hard links as they were', async () => {
    await unpackAll([{ a: 'one', b: { kind: 'hardlink', target: 'a' } }, { a: 'two' }]);
    expect([await readFile(join(folder, 'a'), 'utf8'), await readFile(join(folder, 'b'), 'utf8')]).toEqual([
      'two',
      'one',
    ]);
  });

  const link = (target: string) => ({ kind: 'symlink', target }) as const;
  const hard = (target: string) => ({ kind: 'hardlink', target }) as const;

  it.each<[string, FixtureFiles, string]>([
    ['a name that climbs', { '../evil': '' }, '../evil'],
    ['a name that climbs later', { 'a/../../evil': '' }, 'a/../../evil'],
    ['even where it would stay inside', { 'a/../b': '' }, 'a/../b'],
    ['an absolute name', { '/evil': '' }, '/evil'],
    ['a link to an absolute path', { l: link('/etc/passwd') }, 'l'],
    ['a link that climbs out', { 'd/l': link('../../evil') }, 'd/l'],
    ['a link that climbs out of the root', { l: link('..') }, 'l'],
    ['a link without a target', { l: link('') }, 'l'],
    ['two links that climb together', { 'a/b': '', 'a/stay': link('.'), out: link('a/stay/../..') }, 'out'],
    ['a link that climbs over a deeper link', { 'a/b/c': '', up: link('a/b'), out: link('up/../../..') }, 'out'],
    ['a file through a link', { l: link('.'), 'l/evil': '' }, 'l/evil'],
    ['a folder through a link', { l: link('.'), 'l/d/': { kind: 'directory' }, 'l/d/evil': '' }, 'l/d/'],
    ['something below a file', { f: '', 'f/evil': '' }, 'f/evil'],
    ['a hard link to a path above', { h: hard('../evil') }, '../evil'],
    ['a hard link to an absolute path', { h: hard('/etc/passwd') }, '/etc/passwd'],
    ['a hard link to what is not there', { h: hard('nothing') }, 'h'],
    ['a hard link to a folder', { 'd/x': '', h: hard('d') }, 'h'],
    ['a hard link through a link', { 'd/x': '', l: link('d'), h: hard('l/x') }, 'h'],
    ['a hard link to a link, elsewhere', { 'd/l': link('../x'), x: '', h: hard('d/l') }, 'h'],
    ['a whiteout of the folder itself', { 'd/.wh..': '' }, '.wh..'],
    ['a whiteout of the parent', { 'd/.wh...': '' }, '.wh...'],
    ['a whiteout of nothing', { '.wh.': '' }, '.wh.'],
  ])('refuses %s, and names the entry', async (_, files, entry) => {
    const { code, message } = await fault(unpackAll([files]));
    expect([code, message]).toEqual(['unsafeArchive', expect.stringContaining(JSON.stringify(entry))]);
    expect(await readdir(outside)).toEqual(['tree']);
  });

  it.each<[string, TarEntry]>([
    ['a character device', { name: 'dev', type: 'character-device', devmajor: 1, devminor: 3 }],
    ['a block device', { name: 'dev', type: 'block-device', devmajor: 8, devminor: 0 }],
    ['a pipe', { name: 'dev', type: 'fifo' }],
    ['a path over the bound', { name: `${`${'p'.repeat(200)}/`.repeat(6)}dev`, body: '' }],
    ['a name longer than file systems have', { name: `dev${'n'.repeat(300)}`, body: '' }],
    ['a NUL in a long name', { name: 'dev', pax: { path: 'dev\0/../../evil' }, body: '' }],
    ['a NUL in a link', { name: 'dev', type: 'symlink', linkname: 'x', pax: { linkpath: 'a\0b' } }],
    ['an absolute long link', { name: 'dev', type: 'symlink', linkname: 'x', pax: { linkpath: '/etc' } }],
  ])('refuses %s', async (_, entry) => {
    expect(await fault(unpackAll([await tarWith(entry)]))).toMatchObject({
      code: 'unsafeArchive',
      message: expect.stringMatching(/dev|pppp/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('bounds the number of entries', async () => {
    expect((await fault(unpackAll([{ a: '', b: '' }], { files: 2 }))).code).toBe('none');
    expect((await fault(unpackAll([{ c: '', d: '', e: '' }], { files: 2 }))).code).toBe('tooLarge');
  });

  it.each([
    ['cut off in a file', tarOf({ a: 'x'.repeat(2000) }).subarray(0, 1000)],
    ['cut off in a header', tarOf({ a: 'x' }).subarray(0, 300)],
    ['no tar', Buffer.alloc(2048, 'no tar at all ')],
  ])('refuses an archive that is %s', async (_, bytes) => {
    expect((await fault(unpackAll([bytes]))).code).toBe('unsafeArchive');
  });

  it('gives on what the bytes end with', async () => {
    const mismatch = new Failure('digestMismatch', 'other bytes');
    async function* failing() {
      yield* inChunks(tarOf({ a: 'x' }));
      throw mismatch;
    }
    const to = { folder, tree: emptyTree(), layer: 0, maxPathBytes: 100, budget: { files: 9 } };
    await expect(unpackTar(failing(), to)).rejects.toBe(mismatch);
  });

  it('gives on what writing throws, in the middle of a long archive', async () => {
    const to = { folder: join(folder, 'gone'), tree: emptyTree(), layer: 0, maxPathBytes: 100, budget: { files: 9 } };
    await expect(unpackTar(inChunks(tarOf({ a: 'x'.repeat(300_000) })), to)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('findDifferences', () => {
  const files: FixtureFiles = { 'd/a': 'one', 'd/e/b': 'two', l: { kind: 'symlink', target: 'd/a' } };

  it.each<[string, (at: string) => Promise<unknown>, readonly string[]]>([
    ['nothing', async () => {}, []],
    ['other bytes of the same length', (at) => writeFile(join(at, 'd/a'), 'eno'), ['changed d/a']],
    ['another length', (at) => writeFile(join(at, 'd/a'), 'longer'), ['changed d/a']],
    ['another mode', (at) => chmod(join(at, 'd/a'), 0o777), ['changed d/a']],
    ['another mode of a folder', (at) => chmod(join(at, 'd/e'), 0o777), ['changed d/e']],
    ['a file is gone', (at) => rm(join(at, 'd/e/b')), ['missing d/e/b']],
    [
      'a folder is gone',
      (at) => rm(join(at, 'd'), { recursive: true }),
      ['missing d', 'missing d/a', 'missing d/e', 'missing d/e/b'],
    ],
    ['a file more', (at) => writeFile(join(at, 'd/new'), ''), ['extra d/new']],
    ['a file more at the top', (at) => writeFile(join(at, 'new'), ''), ['extra new']],
    ['the link leads elsewhere', (at) => relink(join(at, 'l'), 'd/e/b'), ['changed l']],
    ['a file became a link to the same bytes', (at) => copyAway(at), ['changed d/a']],
    [
      'the release is gone',
      (at) => rm(at, { recursive: true }),
      ['missing the release itself', 'missing d', 'missing d/a', 'missing d/e', 'missing d/e/b', 'missing l'],
    ],
  ])('%s', async (_, change, expected) => {
    const tree = await unpackAll([files]);
    await change(folder);
    expect([...(await findDifferences(folder, listTree(tree)))].sort()).toEqual([...expected].sort());
  });

  it('names twenty at most', async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, '']));
    const tree = await unpackAll([many]);
    await rm(folder, { recursive: true });
    expect(await findDifferences(folder, listTree(tree))).toHaveLength(20);
  });
});

async function relink(path: string, target: string): Promise<void> {
  await rm(path);
  await symlink(target, path);
}

async function copyAway(at: string): Promise<void> {
  await writeFile(join(at, '..', 'copy'), 'one');
  await relink(join(at, 'd/a'), '../../copy');
  expect((await lstat(join(at, 'd/a'))).isSymbolicLink()).toBe(true);
}
