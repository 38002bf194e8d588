import { describe, expect, it } from 'vitest';
import { distribution } from './distribution.ts';
import { proven } from './proven.ts';

const receiverNow = Date.UTC(2026, 10, 20, 10, 15);
const digest = `sha256:${'1'.repeat(64)}`;
const image = 'application/vnd.oci.image.manifest.v1+json';

const push = {
  id: 'e0d1',
  timestamp: '2026-11-20T11:15:00.123456789+01:00',
  action: 'push',
  target: { mediaType: image, size: 523, digest, repository: 'team/shop', tag: '1.0', url: 'http://x/v2/' },
  request: { id: 'r', addr: '10.0.0.1:1', host: 'Registry.example.com:5000', method: 'PUT', useragent: 'skopeo' },
  actor: { name: 'ci' },
  source: { addr: 'a:5000', instanceID: 'i' },
};

const target = (more: object) => ({ ...push, target: { ...push.target, ...more } });
const body = (...events: readonly object[]) => JSON.stringify({ events });
const parse = (text: string, registry?: string) =>
  distribution.parse(
    proven({ headers: {}, query: {}, body: new TextEncoder().encode(text), receivedAt: 0 }, { signed: true }),
    { registry, settings: {}, receiver: 'hub' },
  );

describe('what counts as a push', () => {
  it.each([
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.oci.image.manifest.v1+json; charset=utf-8',
  ])('%s', (mediaType) => {
    expect(parse(body(target({ mediaType })))).toMatchObject({ events: [{ kind: 'push', mediaType }] });
  });

  it.each([
    ['an empty tag', { tag: '' }, { tag: undefined, digest }],
    ['a tag that is the digest', { tag: digest }, { tag: undefined, digest }],
    ['a digest of another algorithm', { digest: `sha512:${'1'.repeat(128)}` }, { tag: '1.0', digest: undefined }],
  ])('%s', (_, more, expected) => {
    expect(parse(body(target(more)))).toMatchObject({ events: [expected] });
  });

  it.each([
    ['2026-11-20T10:15:00Z', receiverNow],
    ['2026-11-20T10:15:00', undefined],
    ['yesterday', undefined],
  ])('time %s is %s', (timestamp, at) => {
    expect(parse(body({ ...push, timestamp }))).toMatchObject({ events: [{ at }] });
  });

  it('records the configured host instead of the one that the client typed', () => {
    expect(parse(body(push), 'registry.example.com')).toMatchObject({
      events: [{ repository: 'registry.example.com/team/shop' }],
    });
  });
});

it.each([
  'application/vnd.docker.distribution.events.v1+json',
  'application/vnd.docker.distribution.events.v2+json',
  'application/json',
])('takes bodies of type %s', (mediaType) => {
  expect(distribution.bodyTypes).toContain(mediaType);
});

describe('key', () => {
  it.each([
    ['the ids of all events', body(push, { ...push, id: 'e0d2' }), 'ids:["e0d1","e0d2"]'],
    ['the body where an id is missing', body({ ...push, id: undefined }), /^body:[0-9a-f]{64}$/],
    ['the body where there is nothing', body(), /^body:[0-9a-f]{64}$/],
  ])('is %s', (_, text, key) => {
    expect(parse(text)).toMatchObject({ key: typeof key === 'string' ? key : expect.stringMatching(key) });
  });
});
