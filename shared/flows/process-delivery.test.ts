import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake, type Intake } from '../../test/fixtures/intake.ts';
import { imageArtifact } from '../domain/artifact-identity.ts';
import type { BuildEvent, DeliveredEvent, PushEvent, ScanEvent } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';
import { processDelivery } from './process-delivery.ts';
import { storeOwnDelivery } from './store-own-delivery.ts';
import { sweepDeliveries } from './sweep-deliveries.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';
const source = (more: object = {}) => ({ type: 'registry', repository, on: ['push'], ...more });

function push(digest: Digest | undefined, tag: string | undefined, more: Partial<PushEvent> = {}): PushEvent {
  return { kind: 'push', repository, digest, tag, at: fixedNow - 1000, ...more };
}

function scan(digest: Digest, more: Partial<ScanEvent> = {}): ScanEvent {
  return { kind: 'scan', repository, digest, status: 'complete', severities: {}, at: fixedNow - 500, ...more };
}

async function withShop(more: object = {}): Promise<Intake> {
  const intake = await createIntake(tables);
  await intake.pipeline('shop', { image: source(more) });
  return intake;
}

const factsOf = async (intake: Intake, digest: Digest) => {
  const { uuid } = imageArtifact({ repository, digest }, intake.ports.sha1);
  return intake.ports.artifacts.facts(uuid);
};

describe('a push', () => {
  it('starts one execution of what it brought, by its digest', async () => {
    const intake = await withShop();
    const digest = intake.registry.put(repository, {
      tag: '1.0',
      labels: { 'org.opencontainers.image.revision': 'abc' },
    });
    const id = await intake.happen('1', push(digest, '1.0'));
    const [execution] = await intake.executions('shop');
    expect(execution).toMatchObject({
      id: expect.stringMatching(/^shop-20261120T101500Z-[0-9a-f]{24}$/),
      status: 'queued',
      attempt: 1,
      buildNumber: 1,
      order: expect.stringMatching(new RegExp(`^00${fixedNow - 1000}-[0-9a-f]{8}$`)),
      trigger: { type: 'push', receiver: 'registry.local', deliveryId: id, event: 0, repository, tag: '1.0' },
      bound: [{ id: 'image', from: 'received', tag: '1.0', artifact: { reference: `${repository}@${digest}` } }],
    });
    expect(intake.started).toEqual([execution?.id]);
    expect(await intake.ports.deliveries.find(id)).toMatchObject({ status: 'processed' });
    expect(await intake.ports.deliveries.matches(id)).toMatchObject([
      {
        pipeline: 'shop',
        source: 'image',
        matched: true,
        reason: 'matched',
        executionId: execution?.id,
        status: 'done',
      },
    ]);
    expect(await factsOf(intake, digest)).toMatchObject([{ kind: 'pushed', tag: '1.0', trusted: true }]);
    expect(await intake.ports.artifacts.tag(repository, '1.0')).toMatchObject({ digest, pushedAt: fixedNow - 1000 });
    const found = await intake.ports.artifacts.byRevision('abc', { limit: 10 });
    expect(found.items).toMatchObject([{ digest, manifest: { size: expect.any(Number) } }]);
  });

  it.each([
    ['no tag', undefined, {}, 'noTag'],
    ['a tag not included', '1.0', { tags: { include: ['v*'] } }, 'tagNotIncluded'],
    ['an excluded tag', 'v1-rc1', { tags: { include: ['v*'], exclude: ['*-rc*'] } }, 'tagExcluded'],
    ['a source that starts nothing', '1.0', { on: [] }, 'kindNotListened'],
    ['a source of scans', '1.0', { on: ['scan'] }, 'kindNotListened'],
    ['an unknown branch', '1.0', { branches: { include: ['main'] } }, 'branchUnknown'],
    ['a tag without place in the order', 'latest', { order: 'semver' }, 'notLatest'],
  ])('with %s starts nothing and says why', async (_, tag, more, reason) => {
    const intake = await withShop(more);
    const digest = intake.registry.put(repository, { tag });
    const id = await intake.happen('1', push(digest, tag));
    expect(await intake.reasons(id)).toEqual([`shop/image: ${reason}`]);
    expect(await intake.executions('shop')).toEqual([]);
    expect(intake.started).toEqual([]);
  });

  it.each(['v1.0', '1.0'])(
    'tells of a new image under two tags at once, %s first: both facts are there once',
    async (tag) => {
      const intake = await withShop({ tags: { include: ['v*'] } });
      const digest = intake.registry.put(repository, { tag: 'v1.0' });
      const events = [push(digest, tag), push(digest, 'other')];
      await Promise.all(events.map((event, n) => intake.happen(`${n}`, event)));
      await intake.happen('again', ...events);
      const tags = (await factsOf(intake, digest)).map((fact) => fact.kind === 'pushed' && fact.tag);
      expect(tags.toSorted()).toEqual([tag, 'other'].toSorted());
    },
  );

  it('that no source wants asks no registry, and is recorded all the same', async () => {
    const intake = await withShop({ tags: { include: ['v*'] } });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    await intake.happen('1', push(digest, '1.0'));
    await intake.happen('2', push(undefined, '1.1'));
    expect(intake.registry.calls).toBe(0);
    expect(await factsOf(intake, digest)).toMatchObject([{ kind: 'pushed', tag: '1.0' }]);
  });

  it.each(['registryUnavailable', 'registryDenied', 'manifestUnknown'] as const)(
    'that a source wants is recorded also where the registry answers %s',
    async (code) => {
      const intake = await withShop();
      const digest = intake.registry.put(repository, { tag: '1.0' });
      intake.registry.fail(code);
      await intake.happen('1', push(digest, '1.0'));
      expect(await intake.executions('shop')).toEqual([]);
      expect(await factsOf(intake, digest)).toMatchObject([{ kind: 'pushed', tag: '1.0' }]);
      expect(await intake.ports.artifacts.tag(repository, '1.0')).toMatchObject({ digest });
    },
  );

  it.each([
    ['main', 'matched'],
    ['feature', 'branchNotIncluded'],
  ])('of the branch %s by its label: %s', async (branch, reason) => {
    const intake = await withShop({ branches: { include: ['main'] } });
    const digest = intake.registry.put(repository, { tag: '1.0', labels: { 'dev.waybill.branch': branch } });
    expect(await intake.reasons(await intake.happen('1', push(digest, '1.0')))).toEqual([`shop/image: ${reason}`]);
  });

  it('by tag alone is resolved once, with the time, whatever the tag becomes', async () => {
    const intake = await withShop();
    const first = intake.registry.put(repository, { tag: '1.0', labels: { n: '1' } });
    intake.registry.fail('registryUnavailable');
    const id = await intake.happen('1', push(undefined, '1.0'));
    expect(await intake.ports.deliveries.matches(id)).toMatchObject([
      { status: 'pending', attempts: 1, nextAt: fixedNow + 5_000 },
    ]);
    intake.registry.fail(undefined);
    intake.setTime(fixedNow + 5_000);
    await processDelivery(intake.ports, id);
    intake.registry.put(repository, { tag: '1.0', labels: { n: '2' } });
    expect(await intake.executions('shop')).toMatchObject([{ bound: [{ artifact: { version: first } }] }]);
    expect((await intake.ports.deliveries.find(id))?.events).toMatchObject([
      { digest: first, resolvedAt: fixedNow + 5_000 },
    ]);
    expect(await factsOf(intake, first)).toMatchObject([{ kind: 'pushed', resolvedAt: fixedNow + 5_000 }]);
  });

  it('by tag alone that was pushed again before it was asked for says so, out of order too', async () => {
    const intake = await withShop();
    const late = intake.registry.put(repository, { tag: '1.0', labels: { n: '2' } });
    const at = fixedNow - 60_000;
    const newer = await intake.happen('2', { kind: 'push', repository, tag: '1.0', at: at + 1_000 });
    const older = await intake.happen('1', { kind: 'push', repository, tag: '1.0', at });
    const eventOf = async (id: string) => (await intake.ports.deliveries.find(id))?.events[0];
    expect(await eventOf(newer)).not.toHaveProperty('movedSince');
    expect(await eventOf(older)).toMatchObject({ digest: late, resolvedAt: fixedNow, movedSince: true });
    expect(await factsOf(intake, late)).toMatchObject([{ at: at + 1_000 }, { at, movedSince: true }]);
  });

  it('by tag alone that moves later says of the earlier image that it did', async () => {
    const intake = await withShop();
    const first = intake.registry.put(repository, { tag: '1.0', labels: { n: '1' } });
    await intake.happen('1', { kind: 'push', repository, tag: '1.0', at: fixedNow - 60_000 });
    const second = intake.registry.put(repository, { tag: '1.0', labels: { n: '2' } });
    await intake.happen('2', { kind: 'push', repository, tag: '1.0', at: fixedNow - 30_000 });
    expect(await factsOf(intake, first)).toMatchObject([
      { kind: 'tagMoved', tag: '1.0', to: second },
      { kind: 'pushed' },
    ]);
  });

  it('finds the wildcards above it, and several sources of one pipeline are one run', async () => {
    const intake = await createIntake(tables);
    const wild = { ...source(), repository: 'registry.local/team/*' };
    await intake.pipeline('both', { a: source(), b: wild, c: source({ tags: { exclude: ['1.*'] } }) });
    await intake.pipeline('other', { a: { ...source(), repository: 'registry.local/other/*' } });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    await intake.happen('0', push(digest, '0.9'));
    const id = await intake.happen('1', push(digest, '1.0'));
    expect(await intake.reasons(id)).toEqual(['both/a: matched', 'both/b: matched', 'both/c: tagExcluded']);
    expect(await intake.executions('other')).toEqual([]);
    const runs = await intake.executions('both');
    expect(runs.map(({ bound }) => bound.map(({ id: name, tag, from }) => `${name} ${tag} ${from}`)).sort()).toEqual([
      ['a 0.9 received', 'b 0.9 received', 'c 0.9 received'],
      ['a 1.0 received', 'b 1.0 received', 'c 0.9 default'],
    ]);
  });
});

it('warns that a digest is a rebuild before its gate will deny it', async () => {
  const intake = await createIntake(tables);
  const gate = { verified: { environment: 'pre' } };
  const call = { call: { step: 'webhook', with: { url: 'https://example.com' } } };
  const stages = { pre: { environment: 'pre', steps: call }, prod: { needs: ['pre'], gates: [gate], steps: call } };
  await intake.pipeline('shop', { image: source() }, { stages });
  const labels = { 'org.opencontainers.image.revision': 'abc' };
  const [one, two] = ['1', '2'].map((n) => intake.registry.put(repository, { tag: n, labels: { ...labels, n } }));
  if (one === undefined || two === undefined) throw new Error('no images');
  const seen = { pipeline: 'shop', owners: [], repository, revision: 'abc', executionId: 'e', node: 'n', at: 1 };
  await intake.ports.environments.addVerified({ environment: 'pre', digest: one, ...seen });
  const messages = async (digest: Digest, tag: string) =>
    (await intake.ports.deliveries.matches(await intake.happen(tag, push(digest, tag)))).map(({ message }) => message);
  expect(await messages(one, '1')).toEqual([expect.not.stringContaining('rebuilt')]);
  expect(await messages(two, '2')).toEqual([
    expect.stringContaining(`rebuilt): revision abc was observed in pre as ${one}`),
  ]);
});

describe('what the registry answers', () => {
  it.each([
    ['registryDenied', 'registryDenied'],
    ['manifestUnknown', 'manifestUnknown'],
    ['digestMismatch', 'digestMismatch'],
    ['addressRefused', 'registryDenied'],
  ] as const)('%s is at once %s', async (code, reason) => {
    const intake = await withShop();
    const digest = intake.registry.put(repository, { tag: '1.0' });
    intake.registry.fail(code);
    const id = await intake.happen('1', push(digest, '1.0'));
    expect(await intake.ports.deliveries.matches(id)).toMatchObject([{ reason, matched: false, status: 'done' }]);
    expect(await intake.ports.deliveries.find(id)).toMatchObject({ status: 'processed' });
  });

  it('an outage is tried ten times, then the delivery has failed', async () => {
    const intake = await withShop();
    const digest = intake.registry.put(repository, { tag: '1.0' });
    intake.registry.fail('registryUnavailable');
    const id = await intake.happen('1', push(digest, '1.0'));
    const waits: number[] = [];
    for (let attempt = 1; attempt < 10; attempt++) {
      const [row] = await intake.ports.deliveries.matches(id);
      const nextAt = row?.nextAt ?? 0;
      waits.push((nextAt - intake.ports.clock.now()) / 1000);
      intake.setTime(nextAt - 1);
      await processDelivery(intake.ports, id);
      expect((await intake.ports.deliveries.matches(id))[0]?.attempts).toBe(attempt);
      intake.setTime(nextAt);
      expect(await sweepDeliveries(intake.ports, nextAt)).toEqual({ offered: 1 });
      await processDelivery(intake.ports, id);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect(await intake.ports.deliveries.matches(id)).toMatchObject([{ status: 'failed', attempts: 10 }]);
    expect(await intake.ports.deliveries.find(id)).toMatchObject({ status: 'failed' });
  });

  describe('where the bytes are not signed, the tag must be that digest now', () => {
    const proofs = [
      ['a sender that proves nothing', { signed: false }],
      ['a sender proven by a header', { signed: true, unsignedBody: true }],
    ] as const;

    async function deliver(intake: Intake, proof: (typeof proofs)[number][1], event: DeliveredEvent) {
      const own = { id: 'dlv_1', receiver: 'hub', receivedAt: fixedNow, status: 'pending' } as const;
      await intake.ports.deliveries.accept({ ...own, ...proof, events: [event], refusals: [], attempts: 0, rev: 0 });
      await processDelivery(intake.ports, 'dlv_1');
      return intake.reasons('dlv_1');
    }

    it.each(proofs)('a push: %s', async (_, proof) => {
      const intake = await withShop();
      const one = intake.registry.put(repository, { tag: '1.0', labels: { n: '1' } });
      intake.registry.put(repository, { tag: '1.0', labels: { n: '2' } });
      expect(await deliver(intake, proof, push(one, '1.0'))).toEqual(['shop/image: digestMismatch']);
      expect(await factsOf(intake, one)).toMatchObject([{ kind: 'pushed', trusted: proof.signed }]);
    });

    it.each(proofs)('a push that the registry bears out: %s', async (_, proof) => {
      const intake = await withShop();
      const one = intake.registry.put(repository, { tag: '1.0', labels: { n: '1' } });
      expect(await deliver(intake, proof, push(one, '1.0'))).toEqual(['shop/image: matched']);
    });

    it.each(proofs)('a build, which is not recorded either: %s', async (_, proof) => {
      const intake = await createIntake(tables);
      await intake.pipeline('shop', { up: { type: 'pipeline', pipeline: 'ci', on: ['buildSuccess'] } });
      const one = intake.registry.put(repository, { tag: '1.0', labels: { n: '1' } });
      intake.registry.put(repository, { tag: '1.0', labels: { n: '2' } });
      const event = buildOf(intake, one);
      expect(await deliver(intake, proof, event)).toEqual(['shop/up: digestMismatch']);
      expect(await intake.ports.artifacts.build('ci', '7')).toBeUndefined();
    });

    it('a build of a signed body is taken at its word', async () => {
      const intake = await createIntake(tables);
      await intake.pipeline('shop', { up: { type: 'pipeline', pipeline: 'ci', on: ['buildSuccess'] } });
      const one = intake.registry.put(repository, { tag: '1.0', labels: { n: '1' } });
      intake.registry.put(repository, { tag: '1.0', labels: { n: '2' } });
      await intake.happen('1', buildOf(intake, one));
      expect(await intake.ports.artifacts.build('ci', '7')).toMatchObject({ build: '7' });
      expect(await intake.executions('shop')).toHaveLength(1);
    });

    function buildOf(intake: Intake, digest: Digest): BuildEvent {
      const plain = imageArtifact({ repository, digest }, intake.ports.sha1);
      const artifact = { ...plain, metadata: { ...plain.metadata, tags: ['1.0'] } };
      const at = { stage: 'build', job: 'main', step: 'build' };
      return { kind: 'build', pipeline: 'ci', build: '7', outcome: 'succeeded', artifacts: [{ ...at, artifact }] };
    }
  });
});

describe('the same again', () => {
  it.each([1, 5])('processed by %i at once is one execution', async (times) => {
    const intake = await withShop();
    const digest = intake.registry.put(repository, { tag: '1.0' });
    const id = await intake.happen('1');
    const delivery = await intake.ports.deliveries.find(id);
    expect(delivery).toMatchObject({ status: 'processed', events: [] });
    const own = {
      id: 'dlv_2',
      receiver: 'registry.local',
      receivedAt: fixedNow,
      signed: true,
      status: 'pending',
    } as const;
    await intake.ports.deliveries.accept({ ...own, events: [push(digest, '1.0')], refusals: [], attempts: 0, rev: 0 });
    const all = Array.from({ length: times }, () => processDelivery(intake.ports, 'dlv_2'));
    await Promise.allSettled(all);
    await processDelivery(intake.ports, 'dlv_2');
    const executions = await intake.executions('shop');
    expect(executions).toHaveLength(1);
    expect(await intake.reasons('dlv_2')).toEqual(['shop/image: matched']);
    expect(new Set(intake.started)).toEqual(new Set([executions[0]?.id]));
  });

  it('told by five senders at once is one execution, and the others name it', async () => {
    const intake = await withShop();
    const digest = intake.registry.put(repository, { tag: '1.0' });
    const ids = await Promise.all(['1', '2', '3', '4', '5'].map((key) => intake.happen(key, push(digest, '1.0'))));
    const [execution, ...others] = await intake.executions('shop');
    expect(others).toEqual([]);
    const reasons = (await Promise.all(ids.map((id) => intake.reasons(id)))).flat().sort();
    expect(reasons).toEqual([...Array(4).fill('shop/image: alreadyExecuted'), 'shop/image: matched']);
    const rows = (await Promise.all(ids.map((id) => intake.ports.deliveries.matches(id)))).flat();
    expect(new Set(rows.map((row) => row.executionId))).toEqual(new Set([execution?.id]));
  });

  it('twice in one delivery is one execution', async () => {
    const intake = await withShop();
    const digest = intake.registry.put(repository, { tag: '1.0' });
    const id = await intake.happen('1', push(digest, '1.0'), push(digest, '1.0'));
    expect(await intake.reasons(id)).toEqual(['shop/image: alreadyExecuted', 'shop/image: matched']);
    expect(await intake.executions('shop')).toHaveLength(1);
  });

  it('a tag that goes A, B, A starts two runs, and is A since the third push', async () => {
    const intake = await withShop();
    const a = intake.registry.put(repository, { tag: '1.0', labels: { n: 'a' } });
    const b = intake.registry.put(repository, { tag: '1.0', labels: { n: 'b' } });
    const at = (offset: number) => ({ at: fixedNow - offset });
    await intake.happen('1', push(a, '1.0', at(3)));
    await intake.happen('2', push(b, '1.0', at(2)));
    const third = await intake.happen('3', push(a, '1.0', at(1)));
    expect(await intake.reasons(third)).toEqual(['shop/image: alreadyExecuted']);
    expect(await intake.executions('shop')).toHaveLength(2);
    expect(await intake.ports.artifacts.tag(repository, '1.0')).toMatchObject({ digest: a, pushedAt: fixedNow - 1 });
    expect(await factsOf(intake, a)).toContainEqual(expect.objectContaining({ kind: 'tagMoved', tag: '1.0', to: b }));
  });
});

describe('out of order', () => {
  it('an older push that comes late is an older run, and the tag stays where it is', async () => {
    const intake = await withShop();
    const older = intake.registry.put(repository, { tag: '1.0', labels: { n: 'a' } });
    const newer = intake.registry.put(repository, { tag: '1.0', labels: { n: 'b' } });
    await intake.happen('1', push(newer, '1.0', { at: fixedNow - 10 }));
    await intake.happen('2', push(older, '1.0', { at: fixedNow - 20 }));
    const byOrder = (await intake.executions('shop')).toSorted((a, b) => (a.order < b.order ? -1 : 1));
    expect(byOrder.map(({ bound }) => bound[0]?.artifact.version)).toEqual([older, newer]);
    expect(await intake.ports.artifacts.tag(repository, '1.0')).toMatchObject({ digest: newer });
    const history = await intake.ports.artifacts.tagHistory(repository, '1.0', { limit: 10 });
    expect(history.items.map(({ digest }) => digest)).toEqual([newer, older]);
  });

  it('an event from the future counts from when it was received', async () => {
    const intake = await withShop();
    const digest = intake.registry.put(repository, { tag: '1.0' });
    await intake.happen('1', push(digest, '1.0', { at: fixedNow + 86_400_000 }));
    expect(await intake.executions('shop')).toMatchObject([{ order: expect.stringMatching(`^00${fixedNow}-`) }]);
  });

  it.each([
    ['scan after push', ['push', 'scan']],
    ['scan before push', ['scan', 'push']],
  ])('%s is one run of the source of scans', async (_, order) => {
    const intake = await withShop({ on: ['scan'] });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    for (const kind of order) await intake.happen(kind, kind === 'push' ? push(digest, '1.0') : scan(digest));
    expect(await intake.executions('shop')).toMatchObject([{ trigger: { type: 'scan', tag: '1.0' } }]);
    expect((await factsOf(intake, digest)).map(({ kind }) => kind).sort()).toEqual(['pushed', 'scanned']);
  });
});

describe('a scan', () => {
  it('starts one run, under the best tag that the source admits', async () => {
    const intake = await withShop({ on: ['scan'], order: 'semver', tags: { exclude: ['9*'] } });
    const digest = intake.registry.put(repository, {});
    for (const tag of ['1.2.0', '1.10.0', '9.0.0', 'latest']) await intake.happen(tag, push(digest, tag));
    await intake.happen('scan', scan(digest));
    expect(await intake.executions('shop')).toMatchObject([{ trigger: { type: 'scan', tag: '1.10.0' } }]);
  });

  it.each([
    ['a failed one', { status: 'failed' }, 'scanNotSuccessful'],
    ['one of an untagged image', { tag: undefined }, 'noTag'],
  ] as const)('%s is a fact and starts nothing', async (_, more, reason) => {
    const intake = await withShop({ on: ['scan'] });
    const digest = intake.registry.put(repository, {});
    const id = await intake.happen('scan', scan(digest, more));
    expect(await intake.reasons(id)).toEqual([`shop/image: ${reason}`]);
    expect(await factsOf(intake, digest)).toMatchObject([{ kind: 'scanned' }]);
    expect(await intake.executions('shop')).toEqual([]);
  });
});

describe('orders other than pushed', () => {
  it.each([
    ['semver', ['1.2.0', '1.10.0', '1.9.0', '1.10.0']],
    ['numeric', ['2', '10', '9', '10']],
  ])('%s: only what becomes the latest starts a run', async (order, tags) => {
    const intake = await withShop({ order });
    const reasons: (readonly string[])[] = [];
    for (const [index, tag] of tags.entries()) {
      const digest = intake.registry.put(repository, { tag, labels: { tag } });
      reasons.push(
        await intake.reasons(await intake.happen(`${index}`, push(digest, tag, { at: fixedNow - 10 + index }))),
      );
    }
    expect(reasons.flat().map((reason) => reason.split(' ')[1])).toEqual([
      'matched',
      'matched',
      'notLatest',
      'alreadyExecuted',
    ]);
  });
});

describe('outcomes', () => {
  const carriedBy = async (intake: Intake, id: string) => (await intake.ports.deliveries.find(id))?.outcomes ?? [];

  it.each([
    [1, 1],
    [8, 8],
    [9, 8],
    [12, 8],
  ])('of %i rules: the delivery carries %i, the others are rows, and each is told once', async (rules, carried) => {
    const intake = await createIntake(tables);
    for (let n = 0; n < rules; n += 1)
      await intake.pipeline(`shop-${n}`, { image: source({ tags: { include: ['v*'] } }) });
    const id = await intake.happen('1', push(intake.registry.put(repository, { tag: '1.0' }), '1.0'));
    expect(await carriedBy(intake, id)).toHaveLength(carried);
    const reasons = Array.from({ length: rules }, (_, n) => `shop-${n}/image: tagNotIncluded`).sort();
    expect(await intake.reasons(id)).toEqual(reasons);
    const { status, rev } = (await intake.ports.deliveries.find(id)) ?? {};
    expect(status).toBe('processed');
    expect(await processDelivery(intake.ports, id)).toEqual({ kind: 'processed' });
    expect((await intake.ports.deliveries.find(id))?.rev).toBe(rev);
  });

  it('that were decided are kept when another event fails, and nothing is started twice', async () => {
    const intake = await withShop();
    const good = intake.registry.put(repository, { tag: '1.0' });
    const bad = intake.registry.put(repository, { tag: '1.1', labels: { n: 'bad' } });
    const { artifacts } = intake.ports;
    const tag: typeof artifacts.tag = (name, asked) =>
      asked === '1.1' ? Promise.reject(new Error('the table is away')) : artifacts.tag(name, asked);
    const broken = { ...intake.ports, artifacts: { ...artifacts, tag } };
    const events = [push(good, '1.0'), push(bad, '1.1')];
    const { deliveryId } = await storeOwnDelivery(intake.ports, { receiver: 'registry.local', key: '1', events });
    await expect(processDelivery(broken, deliveryId)).rejects.toThrow('away');
    expect(await intake.reasons(deliveryId)).toEqual(['shop/image: matched']);
    expect(await carriedBy(intake, deliveryId)).toEqual([]);
    await processDelivery(intake.ports, deliveryId);
    expect(await intake.reasons(deliveryId)).toEqual(['shop/image: matched', 'shop/image: matched']);
    expect(await carriedBy(intake, deliveryId)).toMatchObject([{ event: 1, status: 'done' }]);
    expect(await intake.executions('shop')).toHaveLength(2);
  });

  it('that are to be tried again are rows, and stay rows', async () => {
    const intake = await withShop();
    await intake.pipeline('other', { image: source({ tags: { include: ['v*'] } }) });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    intake.registry.fail('registryUnavailable');
    const id = await intake.happen('1', push(digest, '1.0'));
    expect(await carriedBy(intake, id)).toMatchObject([{ pipeline: 'other', reason: 'tagNotIncluded' }]);
    intake.registry.fail(undefined);
    intake.setTime(fixedNow + 5_000);
    await processDelivery(intake.ports, id);
    expect(await intake.reasons(id)).toEqual(['other/image: tagNotIncluded', 'shop/image: matched']);
    expect(await carriedBy(intake, id)).toMatchObject([{ pipeline: 'other' }]);
  });
});
