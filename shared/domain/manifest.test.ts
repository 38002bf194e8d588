import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ociImage, ociIndex } from '../../test/fixtures/oci-image.ts';
import type { JsonObject } from './json.ts';
import { manifestFacts, parseManifest } from './manifest.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const imageType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';
const descriptor = { mediaType: 'application/x', digest, size: 3 };
const image = { schemaVersion: 2, mediaType: imageType, config: descriptor, layers: [descriptor] };
const child = { ...descriptor, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } };
const index = { schemaVersion: 2, mediaType: indexType, manifests: [child] };

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

function facts(document: object, config?: JsonObject) {
  const parsed = parseManifest(JSON.stringify(document), 'manifests' in document ? indexType : imageType);
  if (parsed.kind === 'invalid') throw new Error(parsed.message);
  return manifestFacts(parsed, config);
}

describe('parseManifest', () => {
  it.each([false, true])('reads an image and an index as builders write them (docker: %s)', (docker) => {
    const made = ociImage([{ a: '1' }, { b: 'ü€😀' }], { docker, annotations: { note: 'ü€😀' } });
    const parsed = parseManifest(text(made.manifest), made.mediaType);
    expect(parsed).toMatchObject({
      kind: 'image',
      mediaType: made.mediaType,
      size: made.manifest.byteLength,
      config: { digest: made.config?.digest, size: made.config?.bytes.byteLength },
      layers: made.layers.map((layer) => ({ digest: layer.digest, size: layer.bytes.byteLength })),
      annotations: { note: 'ü€😀' },
    });
    const all = ociIndex([made], { docker });
    expect(parseManifest(text(all.manifest), all.mediaType)).toMatchObject({
      kind: 'index',
      size: all.manifest.byteLength,
      children: [{ digest: made.digest, platform: { os: 'linux', architecture: 'amd64' } }],
      annotations: {},
    });
  });

  it.each([
    ['a missing mediaType', { ...image, mediaType: undefined }],
    ['no annotations', { ...image, annotations: null }],
    ['unknown keys', { ...image, subject: descriptor, artifactType: 'x' }],
    ['no layers', { ...image, layers: [] }],
  ])('takes %s', (_name, document) => {
    expect(parseManifest(JSON.stringify(document), imageType).kind).toBe('image');
  });

  it.each([
    ['not JSON', '{', imageType, /JSON/],
    ['a list', '[]', imageType, /object/],
    ['null', 'null', imageType, /object/],
    ['schema 1', { schemaVersion: 1 }, imageType, /schemaVersion/],
    ['another media type inside', { ...image, mediaType: indexType }, imageType, /mediaType/],
    ['a media type that is no text', { ...image, mediaType: 7 }, imageType, /mediaType/],
    ['both kinds at once', { ...image, manifests: [child] }, imageType, /exclude/],
    ['both kinds at once, as an index', { ...index, layers: [] }, indexType, /exclude/],
    ['an unknown media type', { schemaVersion: 2 }, 'text/html', /text\/html/],
    ['no config', { ...image, config: undefined }, imageType, /config must/],
    ['no layers', { ...image, layers: undefined }, imageType, /layers must/],
    ['layers that are no list', { ...image, layers: {} }, imageType, /layers must/],
    ['a layer that is no object', { ...image, layers: ['x'] }, imageType, /layers\[0\] must/],
    ['a negative size', { ...image, layers: [{ ...descriptor, size: -1 }] }, imageType, /layers\[0\]\.size/],
    ['a broken size', { ...image, config: { ...descriptor, size: 1.5 } }, imageType, /config\.size/],
    ['a size as text', { ...image, config: { ...descriptor, size: '3' } }, imageType, /config\.size/],
    ['a size beyond counting', { ...image, config: { ...descriptor, size: 1e20 } }, imageType, /config\.size/],
    [
      'sha512',
      { ...image, config: { ...descriptor, digest: `sha512:${'ab'.repeat(64)}` } },
      imageType,
      /config\.digest/,
    ],
    [
      'upper-case hex',
      { ...image, config: { ...descriptor, digest: digest.toUpperCase() } },
      imageType,
      /config\.digest/,
    ],
    ['a descriptor without a type', { ...image, config: { digest, size: 1 } }, imageType, /config\.mediaType/],
    ['annotations of a wrong type', { ...image, annotations: { a: 1 } }, imageType, /annotations\."a"/],
    ['annotations that are a list', { ...image, annotations: [] }, imageType, /annotations must/],
    ['no manifests', { ...index, manifests: undefined }, indexType, /manifests must/],
    ['a platform of a wrong type', { ...index, manifests: [{ ...child, platform: 'x' }] }, indexType, /platform must/],
    ['a platform without os', { ...index, manifests: [{ ...child, platform: {} }] }, indexType, /platform\.os/],
    ['257 children', { ...index, manifests: Array(257).fill(child) }, indexType, /more than 256/],
  ])('%s is invalid', (_name, document, mediaType, message) => {
    const parsed = parseManifest(typeof document === 'string' ? document : JSON.stringify(document), mediaType);
    expect(parsed).toMatchObject({ kind: 'invalid', message: expect.stringMatching(message) });
  });

  it('never throws, whatever one field becomes', () => {
    const paths = ['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'annotations'];
    fc.assert(
      fc.property(fc.constantFrom(image, index), fc.constantFrom(...paths), fc.jsonValue(), (document, path, value) => {
        const parsed = parseManifest(JSON.stringify({ ...document, [path]: value }), document.mediaType);
        expect(['image', 'index', 'invalid']).toContain(parsed.kind);
      }),
    );
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string(), (any) => {
        expect(parseManifest(any, imageType).kind).toBe('invalid');
      }),
    );
    expect(parseManifest('['.repeat(200_000), imageType).kind).toBe('invalid');
  });
});

describe('manifestFacts', () => {
  const annotations = {
    'org.opencontainers.image.created': '2026-11-20T10:00:00Z',
    'org.opencontainers.image.source': 'https://git.test/shop',
    'org.opencontainers.image.revision': 'abc123',
    'org.opencontainers.image.branch': 'main',
    'org.opencontainers.image.ref.name': '1.0',
  };
  const known = { created: 1_795_168_800_000, source: 'https://git.test/shop', revision: 'abc123', branch: 'main' };

  it('takes annotations', () => {
    expect(facts({ ...image, annotations })).toMatchObject({ ...known, mediaType: imageType, children: [] });
  });

  it('takes labels and the configuration where there is no annotation', () => {
    const config = { created: '2026-11-20T10:00:00.000000000Z', config: { Labels: annotations } };
    expect(facts(image, config)).toMatchObject(known);
  });

  it('prefers annotations to labels', () => {
    const config = {
      created: '2025-01-01T00:00:00Z',
      config: { Labels: { 'org.opencontainers.image.revision': 'other', 'org.opencontainers.image.branch': 'dev' } },
    };
    expect(facts({ ...image, annotations }, config)).toMatchObject(known);
  });

  it('never takes the ref name for a branch', () => {
    expect(facts({ ...image, annotations: { 'org.opencontainers.image.ref.name': '1.0' } })).not.toHaveProperty(
      'branch',
    );
  });

  it('takes our own branch label where the other is missing', () => {
    expect(facts(image, { config: { Labels: { 'dev.waybill.branch': 'dev' } } })).toMatchObject({ branch: 'dev' });
  });

  it.each([
    ['a time that is none', { 'org.opencontainers.image.created': 'yesterday' }, 'created'],
    ['the year 1', { 'org.opencontainers.image.created': '0001-01-01T00:00:00Z' }, 'created'],
    ['the epoch', { 'org.opencontainers.image.created': '1970-01-01T00:00:00Z' }, 'created'],
    ['an empty source', { 'org.opencontainers.image.source': '' }, 'source'],
    ['an endless revision', { 'org.opencontainers.image.revision': 'a'.repeat(1025) }, 'revision'],
    ['a line break in a branch', { 'org.opencontainers.image.branch': 'a\nb' }, 'branch'],
  ])('passes over %s', (_name, given, key) => {
    expect(facts({ ...image, annotations: given })).not.toHaveProperty(key);
  });

  it.each<JsonObject>([{ config: null }, { config: { Labels: [] } }, { config: { Labels: { a: 1 } }, created: 7 }])(
    'passes over the odd configuration %j',
    (config) => {
      expect(facts(image, config)).toEqual({ mediaType: imageType, size: JSON.stringify(image).length, children: [] });
    },
  );

  it('lists platform children without attestations', () => {
    const other = (platform: object | undefined, hex: string) => ({
      ...descriptor,
      digest: `sha256:${hex.repeat(64)}`,
      platform,
    });
    const document = {
      ...index,
      manifests: [
        child,
        other({ os: 'unknown', architecture: 'unknown' }, '1'),
        other({ os: 'linux', architecture: 'unknown' }, '2'),
        other(undefined, '3'),
      ],
    };
    expect(facts(document).children).toEqual([
      { digest, os: 'linux', architecture: 'arm64', variant: 'v8' },
      { digest: `sha256:${'2'.repeat(64)}`, os: 'linux', architecture: 'unknown' },
      { digest: `sha256:${'3'.repeat(64)}`, os: '', architecture: '' },
    ]);
  });
});
