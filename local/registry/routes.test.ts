import { describe, expect, it } from 'vitest';
import { parseRoute } from './routes.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseRoute', () => {
  it.each([
    ['/v2', { kind: 'base' }],
    ['/v2/', { kind: 'base' }],
    [`/v2/a/b/blobs/${digest}`, { kind: 'blob', repository: 'a/b', digest }],
    [`/v2/a/blobs/${digest.replace(':', '%3A')}`, { kind: 'blob', repository: 'a', digest }],
    ['/v2/a/blobs/uploads/', { kind: 'uploads', repository: 'a' }],
    ['/v2/a/blobs/uploads', { kind: 'uploads', repository: 'a' }],
    ['/v2/a/blobs/uploads/id1', { kind: 'upload', repository: 'a', id: 'id1' }],
    ['/v2/a/manifests/1.0', { kind: 'manifest', repository: 'a', reference: '1.0' }],
    ['/v2/a/blobs/manifests/1.0', { kind: 'manifest', repository: 'a/blobs', reference: '1.0' }],
    ['/v2/a/blobs/blobs/uploads/', { kind: 'uploads', repository: 'a/blobs' }],
    ['/v2/a/tags/list', { kind: 'tags', repository: 'a' }],
    [`/v2/a/referrers/${digest}`, { kind: 'referrers', repository: 'a', digest }],
    ['/v2/../manifests/x', { kind: 'nameInvalid', name: '..' }],
    ['/v2/%2e%2e%2f%2e%2e/manifests/x', { kind: 'nameInvalid', name: '../..' }],
    ['/v2/A/manifests/x', { kind: 'nameInvalid', name: 'A' }],
    ['/v2/manifests/x', { kind: 'nameInvalid', name: '' }],
    ['/v2/%zz/manifests/x', { kind: 'unknown' }],
    ['/v2/_catalog', { kind: 'unknown' }],
    ['/v1/a', { kind: 'unknown' }],
    ['', { kind: 'unknown' }],
  ])('%s', (path, expected) => {
    expect(parseRoute(path)).toEqual(expected);
  });
});
