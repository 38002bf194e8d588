import { copyFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerRegistryMissing, registryLogin } from '../fixtures/docker-registry.ts';
import { sendTo } from '../fixtures/notification-relay.ts';
import { type FixtureImage, ociImage, ociIndex } from '../fixtures/oci-image.ts';
import { openShop, patiently } from '../fixtures/registry-shop.ts';
import { type RunningService, startService } from '../fixtures/running-service.ts';
import { skopeoMissing } from '../fixtures/skopeo.ts';

const missing = [dockerRegistryMissing(), skopeoMissing()].filter((reason) => reason !== undefined).join('; ');
if (missing !== '') console.log(`skipped: from a push with skopeo to docker-registry to the proof: ${missing}`);

it.runIf(missing !== '' && process.env.WAYBILL_REQUIRE_REGISTRY === '1')('has docker-registry and skopeo', () => {
  expect.fail(missing);
});

describe.skipIf(missing !== '')('skopeo, docker-registry, Waybill', { timeout: 60_000 }, () => {
  let service: RunningService;
  let alice: string;
  beforeAll(async () => {
    service = await startService({ env: { WAYBILL_OUTBOUND_ALLOW: '127.0.0.1' } });
    const made = await service.call('POST', '/v1/tokens', { subject: 'alice', groups: ['release-managers'] });
    alice = made.json.token;
  });
  afterAll(async () => {
    await service?.stop();
    await rm(service?.dataDir ?? '', { recursive: true, force: true });
  });

  it.each([
    { access: 'open to everybody', basic: false },
    { access: 'with Basic', basic: true },
  ])(
    'carries the approved digest to production, from a registry $access, although its tag moved',
    async ({ basic }) => {
      const shop = await openShop(service, { basic });
      const [one, two] = [page('one'), page('two')];
      await shop.push(one);
      const approval = await shop.approvalOf(one.digest);
      expect(approval.artifacts).toEqual([{ name: shop.repository, tag: 'shop-V1', digest: one.digest }]);
      expect(await shop.shown()).toEqual(['one', 'nothing']);

      await shop.push(two);
      const other = await shop.approvalOf(two.digest);
      expect(other.executionId).not.toBe(approval.executionId);
      expect(await shop.shown()).toEqual(['two', 'nothing']);
      expect((await shop.decide(approval.id, two.digest, alice)).status).toBe(409);

      expect((await shop.decide(approval.id, one.digest, alice)).status).toBe(200);
      const ended = await shop.ended(one.digest);
      expect([ended.status, ...(await shop.shown())]).toEqual(['succeeded', 'two', 'one']);
      expect(await shop.heads('prod')).toEqual([one.digest]);
      const statement = await shop.proof(ended.id);
      expect(statement?.subject).toEqual([{ name: shop.repository, digest: { sha256: one.digest.slice(7) } }]);
      const places = ['pre', 'prod'].map((place) => [`${shop.name}-${place}`, one.digest, one.digest]);
      expect(statement?.predicate.environments.map((at) => [at.name, at.wanted, at.observed])).toEqual(places);
      if (basic) expect(service.output().log).not.toContain(registryLogin.password);
    },
  );

  it('takes a notification that comes twice for one delivery', async () => {
    const shop = await openShop(service);
    const image = page('one');
    await shop.push(image);
    await shop.approvalOf(image.digest);
    const call = shop.relay.calls.find(({ body }) => body.includes('"shop-V1"'));
    if (call === undefined) throw new Error('The registry has notified nothing of the tag.');
    const [first, second] = [await sendTo(shop.hook, call), await sendTo(shop.hook, call)];
    expect([first.status, second]).toEqual([202, first]);
    const { json } = await service.call('GET', `/v1/deliveries/${JSON.parse(first.text).deliveryId}`);
    expect(json.events).toMatchObject([{ tag: 'shop-V1', digest: image.digest, matches: [{ reason: 'matched' }] }]);
    expect(await shop.executions()).toHaveLength(1);
  });

  it('takes an index pushed with all its images for one execution', async () => {
    const shop = await openShop(service);
    const index = ociIndex(
      ['amd64', 'arm64'].map((architecture) =>
        ociImage({ 'index.html': 'one' }, { platform: { os: 'linux', architecture } }),
      ),
    );
    await shop.push(index, { all: true });
    const approval = await shop.approvalOf(index.digest);
    await shop.decide(approval.id, index.digest, alice);
    const ended = await shop.ended(index.digest);
    expect([ended.status, ...(await shop.shown())]).toEqual(['succeeded', 'one', 'one']);
    expect(await shop.heads('prod')).toEqual([index.digest]);
    expect(await shop.executions()).toHaveLength(1);
    const outcomes = (await shop.matches()).map(({ reason }) => reason);
    expect(outcomes.toSorted()).toEqual(['matched', 'noTag', 'noTag']);
  });

  it('waits for a registry that is away when its event is processed', async () => {
    const shop = await openShop(service);
    const image = page('one');
    shop.relay.hold();
    await shop.push(image);
    await expect.poll(() => shop.relay.calls.length, patiently).toBeGreaterThan(0);
    await shop.registry.stop();
    await shop.relay.release();
    await expect.poll(() => shop.matches(), patiently).toMatchObject([{ matched: false, message: /tried again/ }]);
    expect(await shop.executions()).toEqual([]);

    await shop.registry.start();
    await shop.approvalOf(image.digest);
    expect(await shop.shown()).toEqual(['one', 'nothing']);
    expect(await shop.matches()).toMatchObject([{ matched: true, reason: 'matched' }]);
  });

  it.each([
    { what: 'another manifest', blobOf: (image: FixtureImage) => image.digest },
    { what: 'another layer', blobOf: (image: FixtureImage) => image.layers[0]?.digest ?? image.digest },
  ])('does not deploy $what that the registry serves under the digest', async ({ blobOf }) => {
    const shop = await openShop(service);
    const [sound, wanted] = [page('sound'), page('wanted')];
    for (const image of [sound, wanted]) await shop.push(image);
    await shop.decide((await shop.approvalOf(sound.digest)).id, sound.digest, alice);
    await shop.ended(sound.digest);

    const approval = await shop.approvalOf(wanted.digest);
    await copyFile(shop.fileOf(blobOf(sound)), shop.fileOf(blobOf(wanted)));
    expect((await shop.decide(approval.id, wanted.digest, alice)).status).toBe(200);
    const ended = await shop.ended(wanted.digest);
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'digestMismatch' } });
    expect(await shop.shown()).toEqual(['wanted', 'sound']);
    expect(await shop.heads('prod')).toEqual([sound.digest]);
  });
});

function page(text: string): FixtureImage {
  return ociImage({ 'index.html': text });
}
