import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { closedPort } from '../../../test/fixtures/http-server.ts';
import {
  byTag,
  collect,
  image,
  layer,
  layerRoute,
  manifestReply,
  otherImage,
  putTag,
  scriptedWorld,
} from '../../../test/fixtures/scripted-client.ts';
import type { Outbound, OutboundRequest } from '../../ports/outbound.ts';
import type { RegistryClient } from '../../ports/registry-client.ts';
import { createRegistryClient } from './registry-client.ts';

const byDigest = `GET /v2/shop/manifests/${image.digest}`;
const world = scriptedWorld();

describe('bytes', () => {
  it('that are another manifest under the digest are digestMismatch', async () => {
    world.script = { [byDigest]: [{ ...manifestReply, body: otherImage.manifest }] };
    await expect(world.client().manifest(world.repository(), image.digest)).rejects.toMatchObject({
      code: 'digestMismatch',
      retryable: false,
      details: { wanted: image.digest, got: otherImage.digest },
    });
  });

  it('decide what a tag is, whatever the header says', async () => {
    world.script = { [byTag]: [{ ...manifestReply, headers: { 'docker-content-digest': otherImage.digest } }] };
    expect((await world.client().resolveTag(world.repository(), '1.0')).digest).toBe(image.digest);
  });

  it('of another blob are digestMismatch, whole and as a stream, after everything was read', async () => {
    world.script = { [layerRoute]: [{ body: 'other bytes' }] };
    await expect(world.client().blob(world.repository(), layer.digest, 1000)).rejects.toMatchObject({
      code: 'digestMismatch',
    });
    await expect(collect(world.client().blobStream(world.repository(), layer.digest))).rejects.toMatchObject({
      code: 'digestMismatch',
    });
  });

  it('cut short are registryUnavailable', async () => {
    world.script = {
      [layerRoute]: [
        (response) => {
          response.writeHead(200, { 'content-length': String(layer.bytes.length) });
          response.write(layer.bytes.subarray(0, 5), () => response.destroy());
        },
      ],
    };
    await expect(collect(world.client().blobStream(world.repository(), layer.digest))).rejects.toMatchObject({
      code: 'registryUnavailable',
      retryable: true,
    });
  });

  it('without end are tooLarge', async () => {
    const endless = (response: ServerResponse) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(262_144))) {}
      };
      response.on('drain', more);
      more();
    };
    world.script = { [byTag]: [endless], [layerRoute]: [endless] };
    await expect(world.client().resolveTag(world.repository(), '1.0')).rejects.toMatchObject({ code: 'tooLarge' });
    await expect(world.client().blob(world.repository(), layer.digest, 1000)).rejects.toMatchObject({
      code: 'tooLarge',
    });
  });

  it.each([
    ['the manifest before the header', 'application/json', image.manifest, image.mediaType],
    ['the header where the manifest is silent', image.mediaType, '{"schemaVersion":2}', image.mediaType],
    [
      'the header without its parameters',
      'Application/vnd.oci.image.index.v1+JSON; charset=utf-8',
      '{"schemaVersion":2}',
      'application/vnd.oci.image.index.v1+json',
    ],
    ['an index by its shape', 'application/json', '{"manifests":[]}', 'application/vnd.oci.image.index.v1+json'],
    ['an image by its shape', 'application/json', '{"config":{}}', 'application/vnd.oci.image.manifest.v1+json'],
    ['the header of what is no manifest', 'text/html', '<html>', 'text/html'],
  ])('give their media type: %s', async (_name, type, body, expected) => {
    world.script = { [byTag]: [{ headers: { 'content-type': type }, body }] };
    expect((await world.client().resolveTag(world.repository(), '1.0')).mediaType).toBe(expected);
  });
});

describe('refusals', () => {
  it.each([
    [401, 'registryDenied', false],
    [403, 'registryDenied', false],
    [404, 'manifestUnknown', false],
    [408, 'registryUnavailable', true],
    [418, 'registryUnavailable', false],
    [429, 'registryUnavailable', true],
    [500, 'registryUnavailable', true],
    [503, 'registryUnavailable', true],
    [204, 'registryUnavailable', false],
  ])('%i is %s (retryable: %s)', async (status, code, retryable) => {
    world.script = { [byTag]: [{ status, body: '{"errors":[{"code":"SOME_CODE","message":"hunter2"}]}' }] };
    const asking = world.client().resolveTag(world.repository(), '1.0');
    await expect(asking).rejects.toMatchObject({ code, retryable, details: { status } });
    await expect(asking).rejects.toThrow(
      `manifest 1.0 of ${world.repository()}: ${world.registry.host} answered ${status}`,
    );
    await expect(asking).rejects.not.toThrow(/hunter2/);
  });

  it('404 of a blob is blobUnknown', async () => {
    await expect(world.client().blob(world.repository(), layer.digest, 10)).rejects.toMatchObject({
      code: 'blobUnknown',
    });
  });

  it.each([
    ['7', 7000],
    ['99999999', 3_600_000],
    ['Fri, 20 Nov 2026 10:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
  ])('429 with Retry-After %s tells how long to wait, then succeeds', async (header, retryAfterMs) => {
    world.script = { [byTag]: [{ status: 429, headers: { 'retry-after': header } }, manifestReply] };
    const asked = world.client();
    const failure = await asked.resolveTag(world.repository(), '1.0').catch((error) => error);
    expect(failure).toMatchObject({ code: 'registryUnavailable', retryable: true });
    expect(failure.details.retryAfterMs).toBe(retryAfterMs);
    expect((await asked.resolveTag(world.repository(), '1.0')).digest).toBe(image.digest);
  });

  it('nobody listening is registryUnavailable', async () => {
    const nowhere = `127.0.0.1:${await closedPort()}/shop`;
    await expect(world.client().resolveTag(nowhere, '1.0')).rejects.toMatchObject({
      code: 'registryUnavailable',
      retryable: true,
    });
  });

  it('a private address that is not allowed is addressRefused', async () => {
    const asking = world.client({ allow: [] }).resolveTag(world.repository(), '1.0');
    await expect(asking).rejects.toMatchObject({ code: 'addressRefused' });
    expect(world.registry.seen).toHaveLength(0);
  });

  it.each([
    [400, 'MANIFEST_BLOB_UNKNOWN', 'blobUnknown'],
    [404, 'BLOB_UNKNOWN', 'blobUnknown'],
    [400, 'ImageTagAlreadyExistsException', 'tagExists'],
    [412, 'PRECONDITION', 'tagExists'],
    [404, 'NAME_UNKNOWN', 'manifestUnknown'],
    [400, 'MANIFEST_INVALID', 'registryUnavailable'],
  ])('a tag refused with %i %s is %s', async (status, code, expected) => {
    world.script = { [putTag]: [{ status, body: JSON.stringify({ errors: [{ code }] }) }] };
    const putting = world.client().putTag(world.repository(), '1.0', { ...image, bytes: image.manifest });
    await expect(putting).rejects.toMatchObject({ code: expected, retryable: false, details: { said: code } });
  });

  it.each([
    [1, undefined],
    [2, undefined],
    [3, 'digestMismatch'],
  ])('a manifest that the registry calls other bytes %i times: %s', async (times, code) => {
    const refused = { status: 400, body: JSON.stringify({ errors: [{ code: 'DIGEST_INVALID' }] }) };
    const headers = { 'docker-content-digest': image.digest };
    world.script = {
      [putTag]: [...Array.from({ length: times }, () => refused), { status: 201, headers }],
      [byTag]: [manifestReply],
    };
    const putting = world.client().putTag(world.repository(), '1.0', { ...image, bytes: image.manifest });
    await (code === undefined ? putting : expect(putting).rejects.toMatchObject({ code }));
    const puts = world.registry.seen.filter(({ method }) => method === 'PUT');
    expect(puts).toHaveLength(code === undefined ? times + 1 : times);
  });

  it('a tag that is said to be put and is another when read again is digestMismatch', async () => {
    const headers = { 'docker-content-digest': image.digest };
    world.script = {
      [putTag]: [{ status: 201, headers }],
      [byTag]: [{ ...manifestReply, headers, body: otherImage.manifest }],
    };
    const putting = world.client().putTag(world.repository(), '1.0', { ...image, bytes: image.manifest });
    await expect(putting).rejects.toMatchObject({ code: 'digestMismatch' });
  });
});

describe('hosts', () => {
  const asked: OutboundRequest[] = [];
  const recording: Outbound = {
    request: () => Promise.reject(new Error('not asked')),
    stream(request) {
      asked.push(request);
      const challenged = { 'www-authenticate': 'Bearer realm="http://auth.test/token"' };
      return Promise.resolve({ status: 401, headers: challenged, url: request.url, body: (async function* () {})() });
    },
  };

  it.each([
    ['docker.io/library/nginx', 'https://registry-1.docker.io/v2/library/nginx/manifests/1.0'],
    ['registry.test/shop', 'https://registry.test/v2/shop/manifests/1.0'],
    ['registry.test:5000/a/b', 'https://registry.test:5000/v2/a/b/manifests/1.0'],
  ])('%s is called at %s, and its realm must be https', async (name, url) => {
    const none = createRegistryClient({ outbound: recording, accounts: async () => undefined });
    const asking = none.resolveTag(name, '1.0');
    await expect(asking).rejects.toMatchObject({ code: 'registryDenied' });
    await expect(asking).rejects.toThrow(/not https/);
    expect(asked.at(-1)).toMatchObject({ url, method: 'GET' });
    expect(asked.at(-1)?.headers?.accept?.split(', ')).toHaveLength(4);
  });

  it('registry.local is answered in process', async () => {
    const calls: unknown[] = [];
    function noting<A extends readonly unknown[], R>(answer: R): (...given: A) => Promise<R> {
      return async (...given) => {
        calls.push(given);
        return answer;
      };
    }
    const embedded: RegistryClient = {
      resolveTag: noting({ ...image, bytes: image.manifest }),
      manifest: noting({ ...image, bytes: image.manifest }),
      blob: noting(layer.bytes),
      putTag: noting(undefined),
      hasBlob: noting(true),
      uploadBlob: noting({ kind: 'stored' } as const),
      putManifest: noting(undefined),
      async *blobFrom(...given) {
        calls.push(given);
        yield layer.bytes;
      },
      async *blobStream(...given) {
        calls.push(given);
        yield layer.bytes;
      },
    };
    const all = createRegistryClient({ outbound: recording, accounts: async () => undefined, embedded });
    const name = 'registry.local/shop';
    const put = await all.resolveTag(name, '1.0');
    await all.manifest(name, image.digest);
    await all.blob(name, image.digest, 10);
    expect(await collect(all.blobStream(name, image.digest))).toEqual(layer.bytes);
    await all.putTag(name, '2.0', put);
    const blob = { digest: layer.digest, size: layer.bytes.length };
    const source = { read: () => all.blobFrom(name, layer.digest, 3) };
    expect(await collect(source.read())).toEqual(layer.bytes);
    expect(await all.hasBlob(name, blob)).toBe(true);
    expect(await all.uploadBlob(name, blob, source)).toEqual({ kind: 'stored' });
    await all.putManifest(name, put);
    expect(calls).toEqual([
      [name, '1.0', undefined],
      [name, image.digest, undefined],
      [name, image.digest, 10, undefined],
      [name, image.digest, undefined],
      [name, '2.0', put, undefined],
      [name, layer.digest, 3, undefined],
      [name, blob, undefined],
      [name, blob, source, undefined],
      [name, put, undefined],
    ]);
  });

  it('registry.local does not exist where nothing is embedded', async () => {
    const none = createRegistryClient({ outbound: recording, accounts: async () => undefined });
    const name = 'registry.local/shop';
    await expect(none.resolveTag(name, '1.0')).rejects.toMatchObject({ code: 'manifestUnknown' });
    await expect(none.manifest(name, image.digest)).rejects.toMatchObject({ code: 'manifestUnknown' });
    await expect(none.blob(name, image.digest, 1)).rejects.toMatchObject({ code: 'blobUnknown' });
    await expect(collect(none.blobStream(name, image.digest))).rejects.toMatchObject({ code: 'blobUnknown' });
  });
});
