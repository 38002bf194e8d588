import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { imageArtifact } from '../../shared/domain/artifact-identity.ts';
import type { DeliveredEvent } from '../../shared/domain/delivery.ts';
import { type Digest, parseDigest } from '../../shared/domain/digest.ts';
import type { Severities } from '../../shared/domain/fact.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Json } from '../../shared/domain/json.ts';
import { answerCallback } from '../../shared/flows/answer-callback.ts';
import { explain } from '../../shared/flows/explain.ts';
import { addFact } from '../../shared/flows/intake/add-fact.ts';
import { findHolders } from '../../shared/flows/run/environment-turn.ts';
import { wakeFactWaiters } from '../../shared/flows/wake.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { digestOf, ociImage, ociIndex, pushImage } from '../fixtures/oci-image.ts';
import {
  alice,
  approvalGate,
  bob,
  createScenario,
  deploy,
  eventually,
  imageSource,
  repository,
  type Scenario,
} from '../fixtures/scenario.ts';
import { deployed } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}

/** One stage with these gates, pushed to. */
async function arrive(gates: readonly Json[]): Promise<{ id: string; digest: Digest }> {
  world = await createScenario(tables);
  await world.put({
    name: 'shop',
    sources: imageSource,
    stages: { prod: { environment: 'prod', gates, steps: deploy('prod') } },
  });
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  return { id, digest };
}

function scan(digest: Digest, severities: Severities, at?: number): DeliveredEvent {
  return { kind: 'scan', repository, digest, status: 'complete', severities, at };
}

async function reject(digest: Digest): Promise<void> {
  const { uuid } = imageArtifact({ repository, digest }, sha1);
  const source = { receiver: 'api', trusted: true, at: world.ports.clock.now() };
  await addFact(world.ports, uuid, { source, body: { kind: 'rejected', reason: 'CVE' } });
  await wakeFactWaiters(world.ports, digest);
}

describe('approval', () => {
  it('asks for the digest and takes as many different people as it says', async () => {
    const { id, digest } = await arrive([approvalGate({ count: 2 })]);
    const approval = await world.approval(id, 'prod');
    expect(approval?.artifacts).toEqual([{ name: repository, tag: 'shop-V1', digest }]);
    expect((await world.decide(approval)).kind).toBe('decided');
    expect((await world.decide(approval)).kind).toBe('repeated');
    expect((await world.statuses(id)).prod).toBe('waiting');
    expect((await world.decide(approval, 'approve', bob)).kind).toBe('decided');
    expect(await world.status(id)).toBe('succeeded');
  });

  it('refuses who started it where forbidSelf says so, and only then', async () => {
    world = await createScenario(tables);
    const starter = { subject: 'alice', groups: ['rm', 'waybill-operators'] };
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: {
        strict: { gates: [approvalGate({ forbidSelf: true })] },
        lax: { gates: [approvalGate()] },
      },
    });
    await world.pushTag('shop-V1');
    const id = await world.start('shop', starter);
    expect((await world.decide(await world.approval(id, 'strict'), 'approve', starter)).kind).toBe('forbidden');
    expect((await world.decide(await world.approval(id, 'lax'), 'approve', starter)).kind).toBe('decided');
    expect((await world.decide(await world.approval(id, 'strict'), 'approve', bob)).kind).toBe('decided');
    expect(await world.status(id)).toBe('succeeded');
  });

  it('fails the stage on one reject', async () => {
    const { id } = await arrive([approvalGate({ count: 2 })]);
    await world.decide(await world.approval(id, 'prod'));
    await world.decide(await world.approval(id, 'prod'), 'reject', bob);
    expect(await world.faults(id)).toEqual({ prod: 'approvalRejected' });
    expect(await world.status(id)).toBe('failed');
    expect(world.directory.calls).toEqual([]);
  });

  it('expires: the sweep after its time ends the stage, and a decision is too late', async () => {
    const { id } = await arrive([approvalGate({ timeout: '1h' })]);
    const approval = await world.approval(id, 'prod');
    world.pass(3_599_999);
    await world.sweep();
    await world.settle();
    expect(await world.status(id)).toBe('running');
    world.pass(1);
    expect((await world.decide(approval)).kind).toBe('gone');
    await world.sweep();
    await world.settle();
    expect(await world.faults(id)).toEqual({ prod: 'approvalExpired' });
    expect((await world.approval(id, 'prod'))?.status).toBe('expired');
  });

  it('refuses other digests than those asked for', async () => {
    const { id } = await arrive([approvalGate()]);
    const approval = await world.approval(id, 'prod');
    const other = digestOf('other');
    const changed = approval && { ...approval, artifacts: [{ name: repository, digest: other }] };
    expect((await world.decide(changed)).kind).toBe('conflict');
    expect((await world.statuses(id)).prod).toBe('waiting');
  });

  it('is closed as cancelled, not as expired, when a fact refuses the digest meanwhile', async () => {
    const { id, digest } = await arrive([approvalGate()]);
    const approval = await world.approval(id, 'prod');
    await reject(digest);
    await world.settle();
    expect(await world.faults(id)).toEqual({ prod: 'rejected' });
    expect((await world.ports.executions.approval(approval?.id ?? ''))?.status).toBe('cancelled');
  });
});

it('a stage that asks for an approval has arrived when it asked first, however often it is entered', async () => {
  let died = 0;
  const arrivals: string[] = [];
  world = await createScenario(tables, {
    wrap: (ports) => ({
      ...ports,
      environments: {
        ...ports.environments,
        arrive: async (arrival) => {
          arrivals.push(arrival.stage);
          await ports.environments.arrive(arrival);
        },
      },
      executions: {
        ...ports.executions,
        // After the request, before the wait.
        putFactWait: async (...wait) => {
          if (died++ > 1) return ports.executions.putFactWait(...wait);
          world.pass(5000);
          throw new Failure('storeUnavailable', 'died');
        },
      },
    }),
  });
  await world.put({
    name: 'shop',
    sources: imageSource,
    stages: { prod: { environment: 'prod', gates: [approvalGate()], steps: deploy('prod') } },
  });
  const began = world.ports.clock.now();
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  const [approval] = await world.pending();
  const nodes = async () => (await world.ports.executions.nodes(id, ['prod'])).get('prod');
  expect(died).toBeGreaterThan(2);
  expect(approval?.requestedAt).toBeLessThan(began + 5000);
  expect(await nodes()).toMatchObject({
    status: 'waiting',
    rev: 1,
    arrivedAt: approval?.requestedAt,
    asked: [digest],
    gates: [{ kind: 'approval', status: 'waiting', approvalId: approval?.id }],
    park: { why: 'gates' },
  });
  expect(arrivals).toEqual(['prod']);
  await world.decide(approval);
  expect(await world.status(id)).toBe('succeeded');
  expect(await nodes()).toMatchObject({
    arrivedAt: approval?.requestedAt,
    asked: [digest],
    gates: [{ status: 'allowed' }],
  });
});

describe('scan', () => {
  const gate = { scan: { maxSeverity: { critical: 0 }, within: '30m' } };

  it('waits, is woken by the fact, and allows within the limit', async () => {
    const { id, digest } = await arrive([gate]);
    const waiting = (await world.ports.executions.nodes(id, ['prod'])).get('prod');
    expect(waiting).toMatchObject({ status: 'waiting', park: { why: 'gates' }, gates: [{ status: 'waiting' }] });
    await world.happen(scan(digest, { critical: 0, high: 3 }));
    expect(await world.status(id)).toBe('succeeded');
  });

  it('denies over the limit', async () => {
    const { id, digest } = await arrive([gate]);
    await world.happen(scan(digest, { critical: { total: 1, fixable: 0 } }));
    expect(await world.faults(id)).toEqual({ prod: 'scanDenied' });
    expect(world.directory.calls).toEqual([]);
  });

  it('denies when no scan came in time', async () => {
    const { id } = await arrive([gate]);
    world.pass(1_800_000);
    await world.sweep();
    await world.settle();
    expect(await world.faults(id)).toEqual({ prod: 'scanMissing' });
  });

  it('is asked again before people are asked and right before the deploy', async () => {
    const { id, digest } = await arrive([gate, approvalGate()]);
    await world.happen(scan(digest, { critical: 0 }));
    const approval = await world.approval(id, 'prod');
    expect(approval?.status).toBe('pending');
    world.pass(1000);
    await world.happen(scan(digest, { critical: 2 }, world.ports.clock.now()));
    await world.decide(approval);
    expect(await world.faults(id)).toEqual({ prod: 'scanDenied' });
    expect(world.directory.calls).toEqual([]);
  });
});

describe('the scan of an index', () => {
  const gate = { scan: { maxSeverity: { critical: 0 }, within: '30m' } };
  const arm = ociImage({ 'index.html': 'arm' }, { platform: { os: 'linux', architecture: 'arm64' } });
  const amd = ociImage({ 'index.html': 'amd' });
  const index = ociIndex([arm, amd]);

  async function arrived(): Promise<string> {
    world = await createScenario(tables);
    const stages = { prod: { environment: 'prod', gates: [gate], steps: deploy('prod') } };
    await world.put({ name: 'shop', sources: imageSource, stages });
    await world.push('team/shop', 'shop-V1', index);
    return (await world.executions('shop'))[0] ?? '';
  }

  it('is there when each of its children has one', async () => {
    const id = await arrived();
    await world.happen(scan(arm.digest, { critical: 0 }));
    expect((await world.statuses(id)).prod).toBe('waiting');
    await world.happen(scan(amd.digest, { critical: 0 }));
    expect(await world.status(id)).toBe('succeeded');
  });

  it('is as bad as its worst child, until its own newer one', async () => {
    const id = await arrived();
    await world.happen(scan(arm.digest, { critical: 0 }), scan(amd.digest, { critical: 1 }));
    expect(await world.faults(id)).toEqual({ prod: 'scanDenied' });
    world.pass(1000);
    await world.happen(scan(index.digest, { critical: 0 }, world.ports.clock.now()));
    await world.put({
      name: 'again',
      sources: imageSource,
      stages: { prod: { environment: 'prod', gates: [gate], steps: deploy('again') } },
    });
    expect(await world.status(await world.start('again'))).toBe('succeeded');
  });

  it('that says no numbers is none', async () => {
    const { id, digest } = await arrive([gate]);
    const mute = { kind: 'scan', repository, digest, status: 'complete', severities: {}, uncounted: true } as const;
    await world.happen({ ...mute, readBackAt: 1 });
    expect((await world.statuses(id)).prod).toBe('waiting');
    world.pass(1_800_000);
    await world.sweep();
    await world.settle();
    expect(await world.faults(id)).toEqual({ prod: 'scanMissing' });
  });
});

describe('tests', () => {
  function tested(digest: Digest, coverage?: number, outcome: 'passed' | 'failed' = 'passed'): DeliveredEvent {
    return { kind: 'test', repository, digest, name: 'unit', outcome, coverage };
  }

  it.each([
    ['below the limit', 79.9, 'testsDenied'],
    ['equal to it', 80, undefined],
    ['above it', 81, undefined],
  ])('coverage %s', async (_, coverage, fault) => {
    const { id, digest } = await arrive([{ tests: { required: ['unit'], minCoverage: 80, within: '10m' } }]);
    await world.happen(tested(digest, coverage));
    expect((await world.faults(id)).prod).toBe(fault);
    expect(await world.status(id)).toBe(fault === undefined ? 'succeeded' : 'failed');
  });

  it('waits for a coverage that is not there, then denies', async () => {
    const { id, digest } = await arrive([{ tests: { required: ['unit'], minCoverage: 80, within: '10m' } }]);
    await world.happen(tested(digest));
    expect((await world.statuses(id)).prod).toBe('waiting');
    world.pass(600_000);
    await world.sweep();
    await world.settle();
    expect(await world.faults(id)).toEqual({ prod: 'testsMissing' });
  });

  it('denies a required test that failed', async () => {
    const { id, digest } = await arrive([{ tests: { required: ['unit'], within: '10m' } }]);
    await world.happen(tested(digest, undefined, 'failed'));
    expect(await world.faults(id)).toEqual({ prod: 'testsDenied' });
  });
});

describe('verified', () => {
  const stages = {
    prod: { environment: 'prod', gates: [{ verified: { environment: 'pre' } }], steps: deploy('prod') },
  };

  async function world2(): Promise<void> {
    world = await createScenario(tables);
    await world.put({ name: 'prod', sources: imageSource, stages });
    const onlyPre = { image: { ...imageSource.image, tags: { include: ['shop-Vpre*'] } } };
    await world.put({ name: 'pre', sources: onlyPre, stages: { pre: { environment: 'pre', steps: deploy('pre') } } });
  }

  async function pushBuild(tag: string, content: string): Promise<Digest> {
    const image = ociImage({ 'index.html': content }, { labels: { 'org.opencontainers.image.revision': 'abc' } });
    return world.push('team/shop', tag, image);
  }

  it('denies what was never seen there', async () => {
    await world2();
    await pushBuild('shop-V1', 'one');
    const [id = ''] = await world.executions('prod');
    expect(await world.faults(id)).toEqual({ prod: 'notVerified' });
  });

  it('denies a rebuild of what was seen there', async () => {
    await world2();
    await pushBuild('shop-Vpre1', 'one');
    world.pass(1000);
    await pushBuild('shop-V2', 'rebuilt');
    const id = (await world.executions('prod')).at(-1) ?? '';
    expect(await world.faults(id)).toEqual({ prod: 'rebuilt' });
  });

  it('says of a rebuild that it is one, wherever somebody looks', async () => {
    await world2();
    const first = await pushBuild('shop-Vpre1', 'one');
    world.pass(1000);
    await world.put({ name: 'late', sources: imageSource, stages });
    const second = await pushBuild('shop-V2', 'rebuilt');
    const said = expect.stringMatching(new RegExp(`rebuilt.*revision abc was observed in pre as ${first}`));
    const [id = ''] = await world.executions('late');
    const execution = await world.ports.executions.find(id);
    expect(execution?.warnings).toEqual([{ code: 'rebuilt', message: said }]);
    expect((await world.view(id))?.nodes.find(({ name }) => name === 'prod')?.gates).toMatchObject([
      { kind: 'verified', status: 'denied', code: 'rebuilt' },
    ]);
    const matches = await world.ports.deliveries.matches(execution?.trigger.deliveryId ?? '');
    expect(matches).toContainEqual(expect.objectContaining({ pipeline: 'late', message: said }));
    await world.put({ name: 'new', sources: imageSource, stages });
    const { items } = await explain(world.ports, { caller: world.admin, repository, tag: 'shop-V2', digest: second });
    expect(items).toContainEqual(expect.objectContaining({ pipeline: 'new', message: said }));
  });

  it('says nothing of bytes that were seen there', async () => {
    await world2();
    await pushBuild('shop-Vpre1', 'one');
    world.pass(1000);
    await pushBuild('shop-V1', 'one');
    const id = (await world.executions('prod')).at(-1) ?? '';
    expect(await world.ports.executions.find(id)).not.toHaveProperty('warnings');
  });

  it('allows the same bytes once another pipeline with a common owner had them observed', async () => {
    await world2();
    await pushBuild('shop-Vpre1', 'one');
    const early = (await world.executions('prod'))[0] ?? '';
    world.pass(1000);
    await pushBuild('shop-V1', 'one');
    const late = (await world.executions('prod')).at(-1) ?? '';
    expect(late).not.toBe(early);
    expect(await world.status(late)).toBe('succeeded');
  });
});

describe('rejected', () => {
  it('denies at entry, without being written in the file', async () => {
    world = await createScenario(tables);
    const image = ociImage({ 'index.html': 'bad' });
    await pushImage(image, { baseUrl: world.registry.baseUrl, repository: 'team/shop' });
    await world.happen(scan(image.digest, {}));
    await reject(image.digest);
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: { prod: { environment: 'prod', steps: deploy('prod') } },
    });
    await world.happen({ kind: 'push', repository, tag: 'shop-V1', digest: image.digest });
    const [id = ''] = await world.executions('shop');
    expect(await world.faults(id)).toEqual({ prod: 'rejected' });
    expect(world.directory.calls).toEqual([]);
  });

  it('denies right before the deploy, although the stage is already in', async () => {
    world = await createScenario(tables);
    const held = Promise.withResolvers<void>();
    world.webhook.script('prod/main/smoke', async () => {
      await held.promise;
      return { kind: 'done', artifacts: [] };
    });
    const smoke = { smoke: { step: 'webhook', with: { url: 'https://x.example/smoke' } } };
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: { prod: { environment: 'prod', steps: { ...smoke, ...deploy('prod') } } },
    });
    const pushing = world.pushTag('shop-V1');
    await eventually(() => world.webhook.calls.length).toBe(1);
    const [id = ''] = await world.executions('shop');
    const digest = (await world.ports.executions.find(id))?.bound[0]?.artifact.version;
    await reject(parseDigest(digest ?? '') ?? digestOf('none'));
    held.resolve();
    await pushing;
    expect((await world.faults(id))['prod/main/deploy']).toBe('rejected');
    expect(world.directory.calls).toEqual([]);
    expect(await world.headOf('prod')).toEqual([]);
  });
});

it('gates are asked again under the lock: a digest rejected while its stage waited for the lock does not enter', async () => {
  world = await createScenario(tables);
  const held = Promise.withResolvers<void>();
  world.directory.script('prod/main/deploy', async (request) => {
    await held.promise;
    return request.executionId === world.directory.calls[0]?.executionId
      ? { kind: 'failed', code: 'stepFailed', message: 'no' }
      : deployed(request);
  });
  await world.put({
    name: 'shop',
    sources: imageSource,
    stages: { prod: { environment: 'prod', steps: deploy('prod') } },
  });
  const first = world.pushTag('shop-V1');
  await eventually(() => world.directory.calls.length).toBe(1);
  world.pass(1000);
  const second = world.pushTag('shop-V2');
  const id = async () => (await world.executions('shop'))[1] ?? '';
  await eventually(async () => (await world.ports.executions.nodes(await id(), ['prod'])).get('prod')?.park?.why).toBe(
    'lock',
  );
  const digest = (await world.ports.executions.find(await id()))?.bound[0]?.artifact.version ?? '';
  await reject(parseDigest(digest) ?? digestOf('none'));
  held.resolve();
  await Promise.all([first, second]);
  expect(await world.faults(await id())).toEqual({ prod: 'rejected' });
  expect(world.directory.calls).toHaveLength(1);
  expect(await findHolders(world.ports, 'prod', 'shop')).toEqual([]);
});

describe('notApproved', () => {
  const build = {
    step: 'webhook',
    with: { url: 'https://x.example/build', wait: { timeout: '1h' }, body: { back: '${CALLBACK_URL}' } },
  };

  async function published(stage: Record<string, Json>): Promise<{ id: string; other: Digest }> {
    world = await createScenario(tables);
    world.webhook.script('*', (request) =>
      request.with.wait === undefined
        ? { kind: 'done', artifacts: [] }
        : { kind: 'wait', why: 'callback', until: request.startedAt + 3_600_000 },
    );
    await world.put({ name: 'shop', sources: imageSource, stages: { prod: { environment: 'prod', ...stage } } });
    await world.pushTag('shop-V1');
    const image = ociImage({ 'index.html': 'built here' });
    await pushImage(image, { baseUrl: world.registry.baseUrl, repository: 'team/shop' });
    const [id = ''] = await world.executions('shop');
    const approval = await world.approval(id, 'prod');
    if (approval !== undefined) await world.decide(approval);
    const token = await world.ports.signer.mac(`${id}/prod/build/go/1`);
    const artifact = imageArtifact({ repository, digest: image.digest }, sha1);
    const answer = { status: 'succeeded' as const, artifacts: [{ artifact }], bodyHash: 'a' };
    expect((await answerCallback(world.ports, { token, answer })).kind).toBe('accepted');
    await world.settle();
    return { id, other: image.digest };
  }

  it('an image that a step of the same stage published by callback was not among those asked', async () => {
    const image = '$[jobs.build.go.artifacts.default]';
    const { id } = await published({
      gates: [approvalGate()],
      jobs: { build: { steps: { go: build } }, eu: { steps: deploy('eu', image) } },
    });
    expect((await world.faults(id))['prod/eu/deploy']).toBe('notApproved');
    expect(world.directory.calls).toEqual([]);
  });

  it('nor may a step that refers to several images smuggle one in', async () => {
    const images = ['$[sources.image]', '$[jobs.build.go.artifacts.default]'];
    const { id } = await published({
      gates: [approvalGate()],
      jobs: {
        build: { steps: { go: build } },
        eu: { steps: { tell: { step: 'webhook', with: { url: 'https://x.example/eu', body: { images } } } } },
      },
    });
    expect((await world.faults(id))['prod/eu/tell']).toBe('notApproved');
    expect(world.webhook.calls.map((call) => call.step)).toEqual(['go']);
  });

  it('without gates nobody had to be asked', async () => {
    const { id, other } = await published({
      jobs: { build: { steps: { go: build } }, eu: { steps: deploy('eu', '$[jobs.build.go.artifacts.default]') } },
    });
    expect(await world.status(id)).toBe('succeeded');
    expect((await world.headOf('prod')).map((head) => head[1])).toEqual([other]);
  });

  it('what is asked for is known although the step will be called back at an address that is not', async () => {
    world = await createScenario(tables);
    const body = { image: '$[sources.image]', back: '${CALLBACK_URL}' };
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: {
        prod: {
          gates: [approvalGate()],
          steps: { go: { step: 'webhook', with: { url: 'https://x.example/', wait: { timeout: '1h' }, body } } },
        },
      },
    });
    const digest = await world.pushTag('shop-V1');
    expect((await world.pending('prod'))[0]?.artifacts.map((one) => one.digest)).toEqual([digest]);
    await world.decide((await world.pending('prod'))[0], 'approve', alice);
    expect(world.webhook.calls.map((call) => call.wanted)).toEqual([digest]);
  });
});

it('a path that mentions another image’s digest is text: the image input alone is what is deployed', async () => {
  world = await createScenario(tables);
  const other = { ...imageSource.image, on: [], tags: { include: ['other*'] } };
  await world.put({
    name: 'shop',
    sources: { ...imageSource, other },
    stages: { prod: { environment: 'prod', gates: [approvalGate()], steps: deploy('at-$[sources.other.digest]') } },
  });
  await world.pushTag('other');
  world.pass(1000);
  const digest = await world.pushTag('shop-V1');
  await world.decide((await world.pending('prod'))[0]);
  expect(world.directory.calls.map((call) => call.wanted)).toEqual([digest]);
  expect((await world.headOf('prod')).map((head) => head[1])).toEqual([digest]);
});
