import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCopyDeployer } from '../../shared/adapters/deployers/copy/copy.ts';
import { createRegistryClient } from '../../shared/adapters/oci/registry-client.ts';
import { createOutbound } from '../../shared/adapters/outbound/outbound.ts';
import type { Account } from '../../shared/domain/account.ts';
import type { Digest } from '../../shared/domain/digest.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { StepRequest } from '../../shared/ports/deployer.ts';
import type { RegistryClient } from '../../shared/ports/registry-client.ts';
import { directoryRequest } from '../fixtures/directory-step.ts';
import {
  type DockerRegistry,
  dockerRegistryMissing,
  registryLogin,
  startDockerRegistry,
} from '../fixtures/docker-registry.ts';
import { type RegistryFixture, startRegistry } from '../fixtures/embedded-registry.ts';
import { digestOf, ociImage, ociIndex, pushImage } from '../fixtures/oci-image.ts';
import { type RegistryFront, startFront } from '../fixtures/registry-front.ts';

const missing = dockerRegistryMissing();
if (missing !== undefined) console.log(`skipped: copying between registries with docker-registry: ${missing}`);

const basic = `Basic ${Buffer.from(`${registryLogin.username}:${registryLogin.password}`).toString('base64')}`;
const amd = ociImage([{ x: 'one' }, { y: 'more' }]);
const arm = ociImage({ x: 'arm' }, { platform: { os: 'linux', architecture: 'arm64' } });
const index = ociIndex([amd, arm]);

describe.skipIf(missing !== undefined)('a copy between registries', () => {
  let open: DockerRegistry;
  let guarded: DockerRegistry;
  let embedded: RegistryFixture;
  let from: RegistryFront;
  let to: RegistryFront;
  let client: RegistryClient;

  beforeEach(async () => {
    [open, guarded, embedded] = await Promise.all([
      startDockerRegistry(),
      startDockerRegistry({ basic: true }),
      startRegistry(),
    ]);
    [from, to] = await Promise.all([startFront(open.url), startFront(guarded.url)]);
    const { username, password } = registryLogin;
    client = createRegistryClient({
      outbound: createOutbound({ allow: [from.host, to.host] }),
      embedded: embedded.registry.client,
      accounts: async (host) => {
        const account: Account = { name: host, type: 'registry', host, insecure: true, updatedAt: 0, rev: 1 };
        return host === to.host ? { account: { ...account, username }, password } : { account };
      },
    });
    await pushImage(index, { baseUrl: open.url, repository: 'team/shop', tag: '1.0' });
  });
  afterEach(() => Promise.all([from, to, open, guarded, embedded].map((one) => one.close())));

  const frozen: Clock = { now: () => 0 };
  function copy(given: JsonObject, { clock = frozen, ...more }: Partial<StepRequest> & { clock?: Clock } = {}) {
    return createCopyDeployer({ registry: client, clock }).run({ ...directoryRequest(given), ...more });
  }
  const image = (digest: Digest) => `${from.host}/team/shop@${digest}`;

  /** As the machine runs it: docker-registry answers 500 for a tag that another is just writing, which is retried. */
  async function copyRetried(given: JsonObject): ReturnType<typeof copy> {
    for (let nth = 1; ; nth++) {
      try {
        return await copy(given);
      } catch (error) {
        if (!(error instanceof Failure) || !error.retryable || nth === 5) throw error;
      }
    }
  }

  async function expectWhole(repository: string): Promise<void> {
    for (const child of [amd, arm]) {
      expect((await client.manifest(repository, child.digest)).digest).toBe(child.digest);
      for (const { digest, bytes } of [...child.layers, ...(child.config ? [child.config] : [])]) {
        expect(Buffer.from(await client.blob(repository, digest, 100_000))).toEqual(Buffer.from(bytes));
      }
    }
  }

  it('keeps the digest of an index with two platforms, and no credentials go to the other host', async () => {
    const answer = await copy({ image: image(index.digest), to: `${to.host}/prod/shop`, tags: ['live', '1.0'] });
    expect(answer).toMatchObject({ kind: 'done', observed: index.digest });
    await expectWhole(`${to.host}/prod/shop`);
    for (const tag of ['live', '1.0']) {
      expect((await client.resolveTag(`${to.host}/prod/shop`, tag)).digest).toBe(index.digest);
    }
    expect(from.seen.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    expect(to.seen.filter(({ authorization }) => authorization === basic).length).toBeGreaterThan(5);
    expect(to.seen.filter(({ call }) => call.includes('mount='))).toEqual([]);
  });

  it('goes into the embedded registry and out of it again', async () => {
    const local = 'registry.local/team/shop';
    expect(await copy({ image: image(index.digest), to: local, tags: ['1.0'] })).toMatchObject({ kind: 'done' });
    await expectWhole(local);
    expect(embedded.pushes.map(({ tag }) => tag).filter((tag) => tag !== undefined)).toEqual(['1.0']);
    const back = { image: `${local}@${index.digest}`, to: `${to.host}/back/shop` };
    expect(await copy(back)).toMatchObject({ kind: 'done', observed: index.digest });
    await expectWhole(back.to);
  });

  it('takes blobs over within one registry', async () => {
    const given = { image: image(index.digest), to: `${from.host}/prod/shop` };
    expect(await copy(given)).toMatchObject({ kind: 'done', observed: index.digest });
    expect(from.seen.filter(({ call }) => /^(?:PATCH|GET \S+blobs)/.test(call))).toEqual([]);
    expect(from.seen.filter(({ call }) => call.includes('mount=')).length).toBeGreaterThan(3);
  });

  it('again, and twice at once, does no harm', async () => {
    const given = { image: image(index.digest), to: `${to.host}/prod/shop`, tags: ['live'] };
    const [first, second] = await Promise.all([copyRetried(given), copyRetried(given)]);
    expect(first).toMatchObject({ kind: 'done', observed: index.digest });
    expect(second).toEqual(first);
    const before = to.seen.length;
    expect(await copy(given)).toEqual(first);
    expect(to.seen.slice(before).filter(({ call }) => !/^(?:GET|HEAD)/.test(call))).toEqual([]);
  });

  describe('of a large layer', () => {
    const bytes = randomBytes(20 * 1024 * 1024);
    const layer = { digest: digestOf(bytes), size: bytes.byteLength };
    const config = Buffer.from('{"architecture":"amd64","os":"linux"}');
    const configBlob = { digest: digestOf(config), size: config.byteLength };
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...configBlob },
        layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
      }),
    );
    const digest = digestOf(manifest);

    beforeEach(async () => {
      const repository = `${from.host}/team/shop`;
      await client.uploadBlob(repository, layer, { read: () => once(bytes) });
      await client.uploadBlob(repository, configBlob, { read: () => once(config) });
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      await client.putManifest(repository, { digest, mediaType, bytes: manifest });
    });

    const given = () => ({ image: image(digest), to: `${to.host}/prod/shop` });

    async function expectLayer(): Promise<void> {
      const read: Uint8Array[] = [];
      for await (const chunk of client.blobStream(`${to.host}/prod/shop`, layer.digest)) read.push(chunk);
      expect(Buffer.concat(read).equals(bytes)).toBe(true);
    }

    it('that is cut off in the middle is whole in the end', async () => {
      to.cut('PATCH', 2, 100_000);
      expect(await copy(given())).toMatchObject({ kind: 'done', observed: digest });
      await expectLayer();
    });

    it('that takes too long is gone on with in the next poll, from where it was', async () => {
      let now = 0;
      const clock = {
        now: () => {
          now += 70_000;
          return now;
        },
      };
      const first = await copy(given(), { clock });
      expect(first).toMatchObject({ kind: 'poll', memory: { upload: { digest: layer.digest } } });
      const memory: JsonObject = first.kind === 'poll' ? JSON.parse(JSON.stringify(first.memory)) : {};
      const patches = () => to.seen.filter(({ call }) => call.startsWith('PATCH')).length;
      const before = patches();
      const [second, twin] = await Promise.all([copy(given(), { memory }), copy(given(), { memory })]);
      expect(second).toMatchObject({ kind: 'done', observed: digest });
      expect(twin).toEqual(second);
      await expectLayer();
      expect(before).toBeGreaterThan(0);
      expect(await copy(given(), { memory })).toEqual(second);
    });
  });
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
