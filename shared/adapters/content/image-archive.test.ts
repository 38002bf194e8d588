import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { type FixtureFiles, tarOf } from '../../../test/fixtures/tar.ts';
import { isImageArchive } from './image-archive.ts';

const layer = 'a'.repeat(64);

it.each<[string, FixtureFiles, boolean]>([
  ['docker save', { [`${layer}/`]: { kind: 'directory' }, [`${layer}/layer.tar`]: 'x', 'manifest.json': '[]' }, true],
  ['docker save, with names', { 'manifest.json': '[]', repositories: '{}' }, true],
  ['docker save in the OCI form', { 'blobs/sha256/x': 'x'.repeat(5000), 'manifest.json': '[]' }, true],
  ['an OCI layout', { 'blobs/sha256/x': 'x', 'index.json': '{}', 'oci-layout': '{}' }, true],
  ['an OCI layout with ./ in front', { './oci-layout': '{}', './index.json': '{}' }, true],
  ['a web site', { 'index.html': '<html>', 'manifest.json': '{}', 'app.js': '' }, false],
  ['an archive in which one lies deeper', { 'images/oci-layout': '{}', 'images/manifest.json': '[]' }, false],
  ['an empty archive', {}, false],
])('%s, gzipped or not', async (_what, files, expected) => {
  const tar = tarOf(files);
  expect(await isImageArchive(tar)).toBe(expected);
  expect(await isImageArchive(gzipSync(tar))).toBe(expected);
});

it.each([
  ['text', Buffer.from('replicas: 2\n')],
  ['nothing', Buffer.alloc(0)],
  ['broken gzip', gzipSync(tarOf({ 'oci-layout': '{}' })).subarray(0, 12)],
  ['gzip of text', gzipSync('x'.repeat(5000))],
  ['a tar that is cut off', tarOf({ 'oci-layout': '{}' }).subarray(0, 300)],
])('%s is none', async (_what, bytes) => {
  expect(await isImageArchive(bytes)).toBe(false);
});

it('looks at a bounded part of what unpacks to very much', async () => {
  const bomb = gzipSync(tarOf({ big: Buffer.alloc(70 * 1024 * 1024), 'oci-layout': '{}' }), { level: 1 });
  expect(bomb.length).toBeLessThan(1024 * 1024);
  expect(await isImageArchive(bomb)).toBe(false);
});
