import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import {
  artifactDigest,
  artifactRepository,
  artifactUuid,
  imageArtifact,
  normaliseArtifact,
} from './artifact-identity.ts';
import { artifactKind, artifactKinds } from './artifact-kinds.ts';
import { parseDigest } from './digest.ts';
import type { JsonObject } from './json.ts';

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}

const digest = parseDigest(`sha256:${'a'.repeat(64)}`) ?? expect.fail('no digest');
const other = parseDigest(`sha256:${'b'.repeat(64)}`) ?? expect.fail('no digest');

function normalised(input: JsonObject): Omit<Artifact, 'uuid'> {
  const result = normaliseArtifact(input, sha1);
  if (result.kind === 'invalid') expect.fail(JSON.stringify(result.errors));
  const { uuid, ...artifact } = result.artifact;
  expect(uuid).toBe(artifactUuid(artifact.type, artifact.name, artifact.version, sha1));
  return artifact;
}

describe('artifactUuid', () => {
  it('never changes: it is in every record', () => {
    expect(artifactUuid('docker/image', 'r.io/shop', digest, sha1)).toBe('78605a06-4017-5e76-ae2d-210815f81cf6');
    expect(artifactUuid('http/file', 'conf', undefined, sha1)).toBe('2e7c3595-3871-553c-b959-67c28199ef80');
  });

  it('is a version 5 UUID, another for another identity', () => {
    const text = fc.stringMatching(/^[^\0]{0,5}$/);
    fc.assert(
      fc.property(fc.tuple(text, text, text), fc.tuple(text, text, text), (a, b) => {
        const [left, right] = [artifactUuid(...a, sha1), artifactUuid(...b, sha1)];
        expect(left).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(left === right).toBe(a.join('\0') === b.join('\0'));
      }),
    );
  });
});

describe('normaliseArtifact: images', () => {
  const named = { type: 'docker/image', name: 'r.io/shop' };

  it.each<[string, JsonObject, Omit<Artifact, 'uuid'>]>([
    [
      'by digest',
      { type: 'docker/image', reference: `r.io/shop@${digest}` },
      { ...named, version: digest, reference: `r.io/shop@${digest}`, metadata: {} },
    ],
    [
      'by tag',
      { type: 'docker/image', reference: 'r.io/shop:1.0' },
      { ...named, reference: 'r.io/shop:1.0', metadata: { tags: ['1.0'] } },
    ],
    [
      'by tag and digest',
      { type: 'docker/image', reference: `r.io/shop:1.0@${digest}` },
      { ...named, version: digest, reference: `r.io/shop:1.0@${digest}`, metadata: { tags: ['1.0'] } },
    ],
    [
      'name and digest',
      { ...named, version: digest },
      { ...named, version: digest, reference: `r.io/shop@${digest}`, metadata: {} },
    ],
    [
      'name and tag',
      { ...named, version: '1.0' },
      { ...named, version: '1.0', reference: 'r.io/shop:1.0', metadata: { tags: ['1.0'] } },
    ],
    ['name alone', named, { ...named, reference: 'r.io/shop', metadata: {} }],
    [
      'a name that is a reference',
      { type: 'docker/image', name: `r.io/shop:1.0@${digest}` },
      { ...named, version: digest, reference: `r.io/shop@${digest}`, metadata: { tags: ['1.0'] } },
    ],
    [
      'a version that is a tag, a name that holds the digest',
      { type: 'docker/image', name: `r.io/shop@${digest}`, version: '1.0' },
      { ...named, version: '1.0', reference: `r.io/shop@${digest}`, metadata: { tags: ['1.0'] } },
    ],
    [
      'an abbreviated digest stays text',
      { ...named, version: 'sha256:abc', reference: 'r.io/shop@sha256:abc' },
      { ...named, version: 'sha256:abc', reference: 'r.io/shop@sha256:abc', metadata: {} },
    ],
    [
      'an alias with a reference',
      { type: 'docker/image', name: 'shop', reference: 'r.io/shop:1.0', version: '' },
      { type: 'docker/image', name: 'shop', reference: 'r.io/shop:1.0', metadata: { tags: ['1.0'] } },
    ],
    [
      'an alias with a tag',
      { type: 'docker/image', name: 'shop:2', reference: `r.io/shop@${digest}` },
      {
        type: 'docker/image',
        name: 'shop',
        version: digest,
        reference: `r.io/shop@${digest}`,
        metadata: { tags: ['2'] },
      },
    ],
    [
      'a name without host and a tag',
      { type: 'docker/image', name: 'nginx', version: '1.25' },
      { type: 'docker/image', name: 'nginx', version: '1.25', reference: 'nginx:1.25', metadata: { tags: ['1.25'] } },
    ],
    [
      'tags that came stay',
      { ...named, version: '1.0', metadata: { tags: ['latest', '1.0'] } },
      { ...named, version: '1.0', reference: 'r.io/shop:1.0', metadata: { tags: ['1.0', 'latest'] } },
    ],
    [
      'numbers and booleans become text',
      { type: 'docker/image', name: 'r.io/shop', version: 7, provenance: true },
      { ...named, version: '7', reference: 'r.io/shop:7', provenance: 'true', metadata: { tags: ['7'] } },
    ],
  ])('%s', (_, input, expected) => {
    expect(normalised(input)).toEqual(expected);
  });
});

describe('normaliseArtifact: other types', () => {
  it.each<[string, JsonObject, Omit<Artifact, 'uuid'>]>([
    [
      'every field',
      {
        type: 's3/object',
        name: 's3://cfg/shop.yaml',
        version: '3',
        reference: 's3://cfg/shop.yaml',
        location: 'eu',
        artifactAccount: 'aws',
        provenance: 'ci',
        metadata: { a: 1 },
      },
      {
        type: 's3/object',
        name: 's3://cfg/shop.yaml',
        version: '3',
        reference: 's3://cfg/shop.yaml',
        location: 'eu',
        artifactAccount: 'aws',
        provenance: 'ci',
        metadata: { a: 1 },
      },
    ],
    [
      'a name is a reference, and the other way round',
      { type: 'http/file', reference: 'https://f.io/x' },
      { type: 'http/file', name: 'https://f.io/x', reference: 'https://f.io/x', metadata: {} },
    ],
    ['only a name', { type: 't', name: 'n' }, { type: 't', name: 'n', reference: 'n', metadata: {} }],
    [
      'nulls are absent; unknown keys, and the uuid, go to the metadata; kind goes nowhere',
      {
        type: 't',
        name: 'n',
        version: null,
        location: null,
        metadata: { x: null, y: { z: null }, own: 'wins' },
        kind: 'base',
        customKind: true,
        own: 'loses',
        gone: null,
        uuid: 'theirs',
      },
      {
        type: 't',
        name: 'n',
        reference: 'n',
        metadata: { customKind: true, own: 'wins', y: { z: null }, uuid: 'theirs' },
      },
    ],
    ['null metadata', { type: 't', name: 'n', metadata: null }, { type: 't', name: 'n', reference: 'n', metadata: {} }],
    [
      'an empty version stays empty',
      { type: 't', name: 'n', version: '' },
      { type: 't', name: 'n', version: '', reference: 'n', metadata: {} },
    ],
    [
      'a version is no tag',
      { type: 't', name: 'n', version: '1.0' },
      { type: 't', name: 'n', version: '1.0', reference: 'n', metadata: {} },
    ],
  ])('%s', (_, input, expected) => {
    expect(normalised(input)).toEqual(expected);
  });

  it.each<[string, JsonObject, Partial<Artifact>]>([
    ['helm/image', { reference: 'r.io/charts/shop:1.2' }, { name: 'r.io/charts/shop', metadata: { tags: ['1.2'] } }],
    ['helm/chart', { name: 'shop', version: '1.2.3' }, { reference: 'shop' }],
    ['embedded/base64', { name: 'shop.yaml', reference: 'YQ==' }, {}],
    ['embedded/base64', { reference: 'YQ==' }, { name: 'embedded-25afef61303fc3f7-4' }],
    ['remote/base64', { reference: 'ref://shop/abc' }, { name: 'ref://shop/abc' }],
    ['s3/object', { name: 's3://b/k' }, { reference: 's3://b/k' }],
    ['gcs/object', { reference: 'gs://b/k#1360887697105000' }, { name: 'gs://b/k', version: '1360887697105000' }],
    ['gcs/object', { reference: 'gs://b/k#part' }, { name: 'gs://b/k#part' }],
    ['gcs/object', { name: 'k', version: '', reference: 'gs://b/k' }, {}],
    ['http/file', { reference: 'https://f.io/x' }, { name: 'https://f.io/x' }],
    [
      'github/file',
      { name: 'k8s/a.yaml', version: 'main', reference: 'https://api.github.com/repos/o/r/contents/k8s/a.yaml' },
      {},
    ],
    [
      'gitlab/file',
      { reference: 'https://gitlab.com/api/v4/projects/o%2Fr/repository/files/a/raw' },
      { name: 'https://gitlab.com/api/v4/projects/o%2Fr/repository/files/a/raw' },
    ],
    [
      'bitbucket/file',
      { name: 'a.yaml', reference: 'https://api.bitbucket.org/2.0/repositories/o/r/src/main/a.yaml' },
      {},
    ],
    [
      'git/repo',
      { reference: 'https://github.com/o/r', version: 'a1b2', location: 'k8s' },
      { name: 'https://github.com/o/r' },
    ],
    ['maven/file', { reference: 'com.example:shop:1.2' }, { name: 'com.example:shop', version: '1.2' }],
    ['maven/file', { reference: 'com.example:shop:war:sources:1.2' }, { name: 'com.example:shop', version: '1.2' }],
    ['maven/file', { name: 'com.example:shop', version: '1.2' }, { reference: 'com.example:shop:1.2' }],
    ['maven/file', { reference: 'https://maven.io:8443/a:b' }, { name: 'https://maven.io:8443/a:b' }],
    ['ivy/file', { reference: 'org:shop:1.2' }, { name: 'org:shop', version: '1.2' }],
    ['jenkins/file', { name: 'shop.war', version: '7', reference: 'target/shop.war' }, {}],
    ['oracle/object', { reference: 'oci://bucket/k' }, { name: 'oci://bucket/k' }],
    ['oracle/object', { reference: 'oci://bucket/k#a1-b2' }, { name: 'oci://bucket/k', version: 'a1-b2' }],
    ['aws/image', { name: 'base', reference: 'ami-0abc', location: 'eu-west-1' }, { version: 'ami-0abc' }],
    ['aws/image', { reference: 'ami-0abc' }, { name: 'ami-0abc', version: 'ami-0abc' }],
    ['aws/image', { name: 'base' }, { reference: 'base' }],
    ['deb', { reference: 'pool/s/shop_1.2-3_amd64.deb' }, { name: 'shop', version: '1.2-3' }],
    ['deb', { name: 'shop', version: '1.2' }, { reference: 'shop' }],
    ['rpm', { reference: 'https://rpm.io/shop-web-1.2-3.el9.x86_64.rpm' }, { name: 'shop-web', version: '1.2-3.el9' }],
    ['kubernetes/deployment', { name: 'shop', location: 'prod', version: 'v001' }, { reference: 'shop-v001' }],
    ['kubernetes/configMap', { name: 'shop', location: 'prod' }, { reference: 'shop' }],
    ['custom/object', { name: 'x', customKind: true }, { reference: 'x', metadata: { customKind: true } }],
    ['Something of ours', { reference: 'x' }, { name: 'x' }],
  ])('%s %j', (type, input, more) => {
    const { customKind, ...said } = input;
    expect(normalised({ type, ...input })).toEqual({ metadata: {}, ...said, type, ...more });
  });

  it('keeps unknown keys wherever they stand', () => {
    const after = normalised({ type: 't', name: 'n', metadata: { own: 'wins' }, own: 'loses', more: 1 });
    const before = normalised({ own: 'loses', more: 1, metadata: { own: 'wins' }, type: 't', name: 'n' });
    expect(after.metadata).toEqual({ own: 'wins', more: 1 });
    expect(before).toEqual(after);
  });

  it('keeps a key called __proto__ a key', () => {
    const { metadata } = normalised(
      JSON.parse('{"type":"t","name":"n","__proto__":{"x":1},"metadata":{"tags":["a"]}}'),
    );
    expect(Object.hasOwn(metadata, '__proto__')).toBe(true);
    expect(JSON.stringify(metadata)).toBe('{"__proto__":{"x":1},"tags":["a"]}');
  });
});

describe('normaliseArtifact: Flow', () => {
  it.each<[string, JsonObject, Omit<Artifact, 'uuid'>]>([
    [
      'an image',
      { artifact: 'shop', type: 'dockerImage', dockerUrl: 'registry.cn/ns/repo:V1', dockerTag: 'V1' },
      {
        type: 'docker/image',
        name: 'registry.cn/ns/repo',
        reference: 'registry.cn/ns/repo:V1',
        metadata: { artifact: 'shop', tags: ['V1'] },
      },
    ],
    [
      'an image without name or tag of its own',
      { type: 'dockerImage', dockerUrl: 'registry.cn/ns/repo:V1' },
      {
        type: 'docker/image',
        name: 'registry.cn/ns/repo',
        reference: 'registry.cn/ns/repo:V1',
        metadata: { tags: ['V1'] },
      },
    ],
    [
      'an image whose tag stands apart',
      {
        type: 'dockerImage',
        dockerUrl: 'registry.cn/ns/repo',
        dockerTag: 'V1',
        metadata: { tags: ['x'], n: 1 },
        extra: 2,
      },
      {
        type: 'docker/image',
        name: 'registry.cn/ns/repo',
        reference: 'registry.cn/ns/repo',
        metadata: { extra: 2, tags: ['V1', 'x'], n: 1 },
      },
    ],
    [
      'an image by digest',
      { artifact: 'shop', type: 'dockerImage', dockerUrl: `registry.cn/ns/repo@${digest}`, dockerTag: 'V1' },
      {
        type: 'docker/image',
        name: 'registry.cn/ns/repo',
        version: digest,
        reference: `registry.cn/ns/repo@${digest}`,
        metadata: { artifact: 'shop', tags: ['V1'] },
      },
    ],
    [
      'a package',
      { artifact: 'Artifacts_7', type: 'flowPublic', downloadUrl: 'https://f.io/a.tgz', md5: 'abc' },
      { type: 'http/file', name: 'Artifacts_7', reference: 'https://f.io/a.tgz', metadata: { md5: 'abc' } },
    ],
    [
      'a package without name or sum',
      { type: 'flowPublic', downloadUrl: 'https://f.io/a.tgz' },
      { type: 'http/file', name: 'https://f.io/a.tgz', reference: 'https://f.io/a.tgz', metadata: {} },
    ],
  ])('%s', (_, input, expected) => {
    expect(normalised(input)).toEqual(expected);
  });
});

describe('normaliseArtifact refuses', () => {
  const image = { type: 'docker/image' };

  it.each<[string, JsonObject, readonly string[]]>([
    ['no type', { name: 'n' }, ['type']],
    ['nothing at all', {}, ['type', 'reference']],
    ['an image without a name', image, ['reference']],
    ['objects and lists as texts, all of them', { type: {}, name: [], version: {} }, ['type', 'name', 'version']],
    ['metadata that is no object', { type: 't', name: 'n', metadata: [1] }, ['metadata']],
    ['two repositories', { ...image, name: 'r.io/a', reference: 'r.io/b:1' }, ['name']],
    ['two digests', { ...image, version: digest, reference: `r.io/a@${other}` }, ['version']],
    ['two digests in texts', { ...image, name: `r.io/a@${digest}`, reference: `r.io/a@${other}` }, ['version']],
    [
      'control characters in the identity',
      { type: 't\0', name: 'n\n', version: '\u007f' },
      ['type', 'name', 'version'],
    ],
    ['a name too long for a key', { type: 't', name: 'n'.repeat(1025) }, ['name']],
    ['a name too long in bytes', { type: 't', name: '制'.repeat(400) }, ['name']],
    ['a file whose reference is too long for a name', { type: 'http/file', reference: 'A'.repeat(5000) }, ['name']],
    ['content without content', { type: 'embedded/base64', name: 'n' }, ['reference']],
    [
      'texts without end',
      { type: 't', name: 'n', reference: 'r'.repeat(8193), location: 'l'.repeat(8193), provenance: 'p'.repeat(8193) },
      ['reference', 'location', 'provenance'],
    ],
    ['a long type and version', { type: 't'.repeat(129), name: 'n', version: 'v'.repeat(513) }, ['type', 'version']],
    ['Flow: no dockerUrl', { type: 'dockerImage', artifact: 'a' }, ['dockerUrl']],
    ['Flow: a dockerUrl that is none', { type: 'dockerImage', dockerUrl: 'https://r.io/a' }, ['dockerUrl']],
    ['Flow: two tags', { type: 'dockerImage', dockerUrl: 'r.io/a:1', dockerTag: '2' }, ['dockerTag']],
    ['Flow: no tag', { type: 'dockerImage', dockerUrl: 'r.io/a', dockerTag: 'a b' }, ['dockerTag']],
    ['Flow: a tag that is no text', { type: 'dockerImage', dockerUrl: 'r.io/a', dockerTag: 7 }, ['dockerTag']],
    ['Flow: metadata', { type: 'dockerImage', dockerUrl: 'r.io/a', dockerTag: '7', metadata: 'x' }, ['metadata']],
    ['Flow: no downloadUrl', { type: 'flowPublic', artifact: 'a', md5: 'x' }, ['downloadUrl']],
    [
      'Flow: objects',
      { type: 'flowPublic', artifact: {}, md5: [], downloadUrl: 'https://f.io/a' },
      ['artifact', 'md5'],
    ],
  ])('%s', (_, input, paths) => {
    const result = normaliseArtifact(input, sha1);
    const errors = result.kind === 'invalid' ? result.errors : [];
    expect(errors.map((error) => error.path)).toEqual(paths);
    for (const error of errors) expect(error.message).not.toBe('');
  });
});

describe('an artifact that comes back', () => {
  const text = fc.oneof(
    fc.constantFrom(
      '',
      '1.0',
      'shop',
      'r.io/shop:1.0',
      'r.io/shop',
      `r.io/shop:2@${digest}`,
      digest,
      'gs://b/k#7',
      'a:b:1',
    ),
    fc.constantFrom('https://f.io/x', 'shop_1_all.deb', 'ami-1', 'sha256:abc'),
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const types = [...artifactKinds.map((kind) => kind.type), 'kubernetes/service', 'x', 'dockerImage', 'flowPublic'];
  const sent = fc.record(
    {
      type: fc.constantFrom(...types),
      name: text,
      version: text,
      reference: text,
      location: text,
      uuid: text,
      extra: fc.jsonValue({ maxDepth: 1 }),
      metadata: fc.record(
        { tags: fc.array(fc.constantFrom('1.0', 'x')), uuid: text, note: fc.jsonValue({ maxDepth: 1 }) },
        { requiredKeys: [] },
      ),
      artifact: text,
      dockerUrl: text,
      downloadUrl: text,
    },
    { requiredKeys: ['type'] },
  );

  it('is itself, and every answer is an artifact or a named fault', () => {
    fc.assert(
      fc.property(sent, (input) => {
        const once = normaliseArtifact(JSON.parse(JSON.stringify(input)), sha1);
        if (once.kind === 'invalid') {
          expect(once.errors.length).toBeGreaterThan(0);
          return;
        }
        const printed = JSON.stringify(once.artifact);
        const twice = normaliseArtifact(JSON.parse(printed), sha1);
        expect(twice).toEqual(once);
        expect(JSON.stringify(twice.kind === 'ok' ? twice.artifact : twice)).toBe(printed);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('imageArtifact', () => {
  it('is complete', () => {
    const metadata = { tags: ['x'], a: 1 };
    const artifact = imageArtifact({ repository: 'r.io/shop', digest, tag: '1.0', provenance: 'ci', metadata }, sha1);
    expect(artifact).toEqual({
      type: 'docker/image',
      name: 'r.io/shop',
      version: digest,
      reference: `r.io/shop@${digest}`,
      provenance: 'ci',
      metadata: { tags: ['1.0', 'x'], a: 1 },
      uuid: artifactUuid('docker/image', 'r.io/shop', digest, sha1),
    });
  });

  it('is the same artifact that its reference makes', () => {
    const input = { type: 'docker/image', reference: `r.io/shop@${digest}` };
    expect(normaliseArtifact(input, sha1)).toEqual({
      kind: 'ok',
      artifact: imageArtifact({ repository: 'r.io/shop', digest }, sha1),
    });
  });
});

it.each([
  ['docker/image', 'r.io/a', 'r.io/b:1', 'r.io/b'],
  ['docker/image', 'r.io/a', 'b:1', 'r.io/a'],
  ['docker/image', 'shop', 'shop:1', 'docker.io/library/shop'],
  ['docker/image', 'r.io/a', 'r.io/a@sha256:abc', 'r.io/a'],
  ['docker/image', '??', '??', undefined],
  ['http/file', 'r.io/a', 'r.io/a', undefined],
])('the repository of %s %s %s is %s', (type, name, reference, expected) => {
  expect(artifactRepository({ type, name, reference })).toBe(expected);
});

it.each([
  ['docker/image', digest, 'r.io/a:1', digest],
  ['docker/image', '1.0', `r.io/a@${digest}`, digest],
  ['docker/image', 'sha256:abc', 'r.io/a@sha256:abc', undefined],
  ['docker/image', undefined, 'r.io/a:1', undefined],
  ['http/file', digest, 'x', digest],
  ['http/file', undefined, `r.io/a@${digest}`, undefined],
])('the digest of %s %s %s is %s', (type, version, reference, expected) => {
  expect(artifactDigest({ type, version, reference })).toBe(expected);
});

it.each([
  ['docker/image', 'image'],
  ['github/file', 'file'],
  ['maven/file', 'package'],
  ['aws/image', 'machineImage'],
  ['kubernetes/replicaSet', 'deployed'],
  ['kubernetes/', 'custom'],
  ['custom/object', 'custom'],
  ['constructor', 'custom'],
])('the family of %s is %s', (type, family) => {
  expect(artifactKind(type)).toMatchObject({ type, family });
});
