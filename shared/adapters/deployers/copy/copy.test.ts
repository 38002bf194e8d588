import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deployerContract } from '../../../../test/contracts/deployer.ts';
import { directoryRequest, failureOf } from '../../../../test/fixtures/directory-step.ts';
import { type RegistryFixture, startRegistry } from '../../../../test/fixtures/embedded-registry.ts';
import { digestOf, type FixtureImage, ociImage, ociIndex, pushImage } from '../../../../test/fixtures/oci-image.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { StepRequest } from '../../../ports/deployer.ts';
import type { RegistryClient } from '../../../ports/registry-client.ts';
import { type CopyOptions, createCopyDeployer } from './copy.ts';

const from = 'registry.local/team/shop';
const to = 'registry.local/prod/shop';
const amd = ociImage([{ x: 'one' }, { y: 'more' }]);
const arm = ociImage({ x: 'arm' }, { platform: { os: 'linux', architecture: 'arm64' } });
const index = ociIndex([amd, arm]);
const other = ociImage({ x: 'two' });

let fixture: RegistryFixture;

beforeEach(async () => {
  fixture = await startRegistry();
  for (const image of [index, other]) await pushImage(image, { baseUrl: fixture.baseUrl, repository: 'team/shop' });
});
afterEach(() => fixture.close());

interface Change extends Partial<StepRequest>, Partial<CopyOptions> {}

/** Mounting within the one registry is what the contract of registries tests: here its bytes travel. */
function unmounting(real: RegistryClient): RegistryClient {
  return {
    ...real,
    uploadBlob: (repository, blob, source) => real.uploadBlob(repository, blob, { ...source, mountFrom: undefined }),
  };
}

function run(image: FixtureImage, given: JsonObject = {}, more: Change = {}) {
  const { registry = unmounting(fixture.registry.client), clock = { now: () => 0 }, mayPush, ...change } = more;
  return createCopyDeployer({ registry, clock, ...(mayPush === undefined ? {} : { mayPush }) }).run({
    ...directoryRequest({ image: `${from}@${image.digest}`, to, ...given }),
    ...change,
  });
}

const digestOfTag = async (tag: string) => (await fixture.registry.client.resolveTag(to, tag)).digest;

describe('the step copy', () => {
  it('copies an index with its platforms, puts the tags and publishes the image in its new place', async () => {
    expect(await run(index, { tags: ['live', '1.0', 'live'] })).toEqual({
      kind: 'done',
      observed: index.digest,
      artifacts: [
        {
          artifact: expect.objectContaining({
            name: to,
            version: index.digest,
            reference: `${to}@${index.digest}`,
            metadata: { tags: ['live', '1.0'] },
          }),
        },
      ],
    });
    const { client } = fixture.registry;
    expect([await digestOfTag('live'), await digestOfTag('1.0')]).toEqual([index.digest, index.digest]);
    for (const child of [amd, arm]) {
      expect((await client.manifest(to, child.digest)).digest).toBe(child.digest);
      for (const { digest, bytes } of [...child.layers, ...(child.config ? [child.config] : [])]) {
        expect(Buffer.from(await client.blob(to, digest, 100_000))).toEqual(Buffer.from(bytes));
      }
    }
  });

  it('puts children before their index, blobs before their manifest', async () => {
    const calls: string[] = [];
    const real = unmounting(fixture.registry.client);
    const registry: RegistryClient = {
      ...real,
      uploadBlob(repository, blob, source) {
        calls.push(blob.digest);
        return real.uploadBlob(repository, blob, source);
      },
      putManifest(repository, manifest) {
        calls.push(manifest.digest);
        return real.putManifest(repository, manifest);
      },
    };
    await run(index, {}, { registry });
    const blobs = ({ layers, config }: FixtureImage) => [config?.digest, ...layers.map((layer) => layer.digest)];
    expect(calls).toEqual([...blobs(amd), amd.digest, ...blobs(arm), arm.digest, index.digest]);
  });

  it('takes blobs over within one registry without reading them', async () => {
    const real = fixture.registry.client;
    const registry: RegistryClient = {
      ...real,
      blobStream() {
        throw new Error('nothing is to be read');
      },
    };
    expect(await run(index, {}, { registry })).toMatchObject({ kind: 'done', observed: index.digest });
  });

  it('needs no tag', async () => {
    expect(await run(amd)).toMatchObject({ kind: 'done', observed: amd.digest });
    expect((await fixture.registry.client.manifest(to, amd.digest)).digest).toBe(amd.digest);
  });

  it('completes an index whose children are gone', async () => {
    await run(index);
    const gone = await fetch(`${fixture.baseUrl}/v2/prod/shop/manifests/${arm.digest}`, { method: 'DELETE' });
    expect(gone.status).toBe(202);
    expect(await run(index)).toMatchObject({ kind: 'done' });
    expect((await fixture.registry.client.manifest(to, arm.digest)).digest).toBe(arm.digest);
  });

  it('an existing other tag stops it before anything is sent, unless it may overwrite', async () => {
    await run(other, { tags: ['live'] });
    const said = await failureOf(run(index, { tags: ['new', 'live'] }));
    expect(said).toContain('tagExists');
    expect(await failureOf(fixture.registry.client.manifest(to, amd.digest))).toContain('manifestUnknown');
    expect(await run(index, { tags: ['new', 'live'], overwrite: true })).toMatchObject({ observed: index.digest });
    expect([await digestOfTag('live'), await digestOfTag('new')]).toEqual([index.digest, index.digest]);
  });

  it.each<[string, (real: RegistryClient) => RegistryClient, string]>([
    [
      'a tag on another digest',
      (real) => ({ ...real, putTag: async (at, tag) => real.putTag(at, tag, await real.manifest(from, other.digest)) }),
      'manifestUnknown',
    ],
    ['no tag', (real) => ({ ...real, putTag: async () => {} }), 'not there'],
    ['no manifest', (real) => ({ ...real, putManifest: async () => {} }), 'manifestUnknown'],
    ['no blob', (real) => ({ ...real, uploadBlob: async () => ({ kind: 'stored' }) }), 'blobUnknown'],
    ['no blob that it says it has', (real) => ({ ...real, hasBlob: async () => true }), 'blobUnknown'],
    [
      'another manifest under the digest',
      (real) => ({
        ...real,
        manifest: async (at, digest) =>
          at === to
            ? real.manifest(from, other.digest).catch(() => real.manifest(at, digest))
            : real.manifest(at, digest),
      }),
      'digestMismatch',
    ],
  ])('what the destination only claims, %s, is found out', async (_, lie, said) => {
    const registry = lie(unmounting(fixture.registry.client));
    const answer = await run(amd, { tags: ['live'] }, { registry }).catch(String);
    expect(JSON.stringify(answer)).toContain(said);
    expect(answer).not.toMatchObject({ kind: 'done' });
  });

  it('sends no bytes that are not those of the digest', async () => {
    const real = unmounting(fixture.registry.client);
    const registry: RegistryClient = {
      ...real,
      async *blobStream(repository, digest) {
        for await (const chunk of real.blobStream(repository, digest)) yield Buffer.alloc(chunk.byteLength, 'x');
      },
    };
    expect(await failureOf(run(amd, {}, { registry }))).toContain('digestMismatch');
    expect(await failureOf(fixture.registry.client.manifest(to, amd.digest))).toContain('manifestUnknown');
  });

  it('asks for its pipeline, by the internal address where the step says so', async () => {
    const askers: unknown[] = [];
    const real = fixture.registry.client;
    const registry: RegistryClient = {
      ...real,
      manifest(repository, digest, asker) {
        askers.push(asker);
        return real.manifest(repository, digest);
      },
    };
    await run(amd, {}, { registry, pipeline: 'shop', internal: true });
    await run(amd, {}, { registry, pipeline: 'shop' });
    expect(new Set(askers.map((one) => JSON.stringify(one)))).toEqual(
      new Set(['{"pipelines":["shop"],"internal":true}', '{"pipelines":["shop"]}']),
    );
  });

  it('does not write where its pipeline may not', async () => {
    expect(await failureOf(run(amd, {}, { mayPush: async () => false }))).toContain('registryDenied');
    expect(await failureOf(fixture.registry.client.manifest(to, amd.digest))).toContain('manifestUnknown');
  });

  it.each<[string, JsonObject, string]>([
    ['no digest', { image: `${from}:1.0` }, 'digestRequired'],
    ['no destination', { to: '' }, 'invalidInput: with.to'],
    ['a destination without host', { to: 'team/shop' }, 'invalidInput: with.to'],
    ['a destination with a tag', { to: `${to}:1.0` }, 'invalidInput: with.to'],
    ['a destination that is none once resolved', { to: 'registry.local/$${x}' }, 'invalidInput: with.to'],
    ['a tag that is none', { tags: ['a b'] }, 'invalidInput'],
    ['no tags', { tags: [] }, 'invalidInput'],
    ['an unknown key', { from: 'x' }, 'invalidInput'],
    ['an image that is not there', { image: `${from}@sha256:${'0'.repeat(64)}` }, 'manifestUnknown'],
  ])('refuses %s', async (_, given, code) => {
    expect(await failureOf(run(amd, given))).toContain(code);
  });
});

describe('a copy that takes longer than four minutes', () => {
  /** Each look at the clock takes a while. */
  function slowClock(stepMs: number) {
    let now = 0;
    return {
      now: () => {
        now += stepMs;
        return now;
      },
    };
  }

  it('goes on in the next poll until it is done, and sends nothing twice', async () => {
    const sent: string[] = [];
    const real = unmounting(fixture.registry.client);
    const registry: RegistryClient = {
      ...real,
      uploadBlob(repository, blob, source) {
        sent.push(blob.digest);
        return real.uploadBlob(repository, blob, source);
      },
    };
    let memory: JsonObject | undefined;
    let polls = 0;
    for (; polls < 30; polls += 1) {
      const answer = await run(index, { tags: ['live'] }, { registry, clock: slowClock(100_000), memory, polls });
      if (answer.kind !== 'poll') {
        expect(answer).toMatchObject({ kind: 'done', observed: index.digest });
        break;
      }
      memory = JSON.parse(JSON.stringify(answer.memory));
    }
    expect(polls).toBeGreaterThan(1);
    expect(polls).toBeLessThan(30);
    expect(new Set(sent).size).toBe(sent.length);
    expect(await digestOfTag('live')).toBe(index.digest);
  });

  it('pauses within a layer and goes on where it was', async () => {
    const bytes = Buffer.alloc(20 * 1024 * 1024, 'layer ');
    const config = Buffer.from('{}');
    const layer = { digest: digestOf(bytes), size: bytes.byteLength };
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: 2 },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
    };
    const text = Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(text);
    const real = unmounting(fixture.registry.client);
    await real.uploadBlob(from, layer, { read: () => chunks(bytes) });
    await real.uploadBlob(from, { digest: digestOf(config), size: 2 }, { read: () => chunks(config) });
    await real.putManifest(from, { digest, mediaType: manifest.mediaType, bytes: text });
    const offsets: number[] = [];
    const registry: RegistryClient = {
      ...real,
      blobFrom(repository, wanted, offset) {
        offsets.push(offset);
        return real.blobFrom(repository, wanted, offset);
      },
    };
    const given = { image: `${from}@${digest}` };
    const first = await run(amd, given, { registry, clock: slowClock(70_000) });
    expect(first).toMatchObject({ kind: 'poll', memory: { upload: { digest: layer.digest } } });
    const memory = first.kind === 'poll' ? first.memory : undefined;
    expect(await run(amd, given, { registry, memory })).toMatchObject({ kind: 'done', observed: digest });
    expect(offsets).toHaveLength(1);
    expect(offsets[0]).toBeGreaterThan(0);
    // The upload is over: who comes with the same memory again finds everything there.
    expect(await run(amd, given, { registry, memory })).toMatchObject({ kind: 'done', observed: digest });
  });

  it.each<[string, JsonObject]>([
    [
      'of an upload that is lost',
      { done: [], upload: { digest: amd.layers[0]?.digest ?? '', location: 'x', offset: 9 } },
    ],
    ['that is none', { done: 'all' }],
  ])('begins anew with a memory %s', async (_, memory) => {
    expect(await run(amd, {}, { memory })).toMatchObject({ kind: 'done', observed: amd.digest });
  });
});

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 1_000_000) yield bytes.subarray(at, at + 1_000_000);
}

deployerContract('copy', async () => {
  const sound = { image: `${from}@${index.digest}`, to, tags: ['live'] };
  const pushes = () => fixture.pushes.filter(({ repository }) => repository === 'prod/shop');
  return {
    create: () => createCopyDeployer({ registry: unmounting(fixture.registry.client), clock: { now: () => 0 } }),
    request: directoryRequest(sound),
    observed: index.digest,
    effects: async () => [...new Set(pushes().flatMap(({ tag, digest }) => (tag ? [`${tag}@${digest}`] : [])))],
    unsound: [{}, { ...sound, to: 'shop' }, { ...sound, image: from }, { ...sound, extra: 1 }],
    close: async () => {},
  };
});
