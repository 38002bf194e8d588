import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import { fileDigest, findFile } from './file-digest.ts';

const hex = 'ab'.repeat(32);

function artifact(given: Partial<Artifact>): Artifact {
  return { type: 's3/object', name: 's3://b/k', reference: 's3://b/k', metadata: {}, uuid: 'u', ...given };
}

describe('the digest of a file', () => {
  it.each<[string, Partial<Artifact>, string | undefined]>([
    ['as binding wrote it', { metadata: { sha256: hex } }, `sha256:${hex}`],
    ['in capitals', { metadata: { sha256: hex.toUpperCase() } }, `sha256:${hex}`],
    ['an image', { type: 'docker/image', metadata: { sha256: hex } }, undefined],
    ['none', {}, undefined],
    ['cut off', { metadata: { sha256: hex.slice(1) } }, undefined],
    ['a number', { metadata: { sha256: 7 } }, undefined],
  ])('%s', (_name, given, digest) => {
    expect(fileDigest(artifact(given))).toBe(digest);
  });
});

describe('the file of an input', () => {
  it('is the one with that reference, never an image', () => {
    const file = artifact({});
    const image = artifact({ type: 'docker/image' });
    expect(findFile([image, file], 's3://b/k')).toBe(file);
    expect(findFile([image], 's3://b/k')).toBeUndefined();
    expect(findFile([file], 's3://b/other')).toBeUndefined();
  });
});
