import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import { artifactField } from './artifact-field.ts';
import type { ArtifactField } from './expression.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const image: Artifact = {
  type: 'docker/image',
  name: 'r.io/shop',
  version: digest,
  reference: `r.io/shop@${digest}`,
  provenance: 'https://ci/7',
  metadata: { tags: ['1.0', 'latest'], size: 5, signed: false, deep: { x: 1 }, empty: '', 'a.b/c': 'dotted' },
  uuid: 'u1',
};
const file: Artifact = {
  type: 'http/file',
  name: 'shop.tgz',
  version: '7',
  reference: 'https://f.io/shop.tgz',
  location: 'eu',
  artifactAccount: 'files',
  metadata: { md5: 'abc', tag: 'nightly' },
  uuid: 'u2',
};
const tagged: Artifact = { ...image, version: '1.0', reference: 'r.io/shop:1.0', metadata: {} };

describe('artifactField', () => {
  it.each<[Artifact, ArtifactField | undefined, string | undefined]>([
    [image, undefined, `r.io/shop@${digest}`],
    [image, 'name', 'r.io/shop'],
    [image, 'type', 'docker/image'],
    [image, 'version', digest],
    [image, 'reference', `r.io/shop@${digest}`],
    [image, 'dockerUrl', `r.io/shop@${digest}`],
    [image, 'downloadUrl', undefined],
    [image, 'digest', digest],
    [image, 'tag', '1.0'],
    [image, 'provenance', 'https://ci/7'],
    [image, 'location', undefined],
    [image, 'artifactAccount', undefined],
    [image, 'md5', undefined],
    [image, 'metadata.size', '5'],
    [image, 'metadata.signed', 'false'],
    [image, 'metadata.a.b/c', 'dotted'],
    [image, 'metadata.deep', undefined],
    [image, 'metadata.deep.x', undefined],
    [image, 'metadata.tags', undefined],
    [image, 'metadata.empty', undefined],
    [image, 'metadata.constructor', undefined],
    [image, 'metadata.__proto__', undefined],
    [{ ...image, reference: 'r.io/shop:1.0' }, undefined, `r.io/shop@${digest}`],
    [{ ...image, version: undefined }, 'digest', digest],
    [tagged, undefined, undefined],
    [tagged, 'dockerUrl', undefined],
    [tagged, 'digest', undefined],
    [tagged, 'version', '1.0'],
    [tagged, 'reference', 'r.io/shop:1.0'],
    [tagged, 'tag', '1.0'],
    [{ ...tagged, metadata: { tag: 'x' } }, 'tag', 'x'],
    [{ ...tagged, metadata: { tags: [] } }, 'tag', '1.0'],
    [{ ...tagged, version: 'sha256:abc', reference: 'r.io/shop@sha256:abc' }, undefined, undefined],
    [file, undefined, 'https://f.io/shop.tgz'],
    [file, 'downloadUrl', 'https://f.io/shop.tgz'],
    [file, 'dockerUrl', undefined],
    [file, 'digest', undefined],
    [{ ...file, version: digest }, 'digest', digest],
    [file, 'md5', 'abc'],
    [file, 'tag', 'nightly'],
    [{ ...file, metadata: {}, reference: 'f.io/x:1' }, 'tag', undefined],
    [file, 'location', 'eu'],
    [file, 'artifactAccount', 'files'],
    [{ ...file, reference: '' }, undefined, undefined],
  ])('row %#: %o %s', (artifact, field, expected) => {
    expect(artifactField(artifact, field)).toBe(expected);
  });
});
