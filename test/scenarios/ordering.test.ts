import { afterEach, describe, expect, it } from 'vitest';
import { decideOnApproval } from '../../shared/flows/decide-on-approval.ts';
import { findHolders } from '../../shared/flows/run/environment-turn.ts';
import { fixedNow, useEmbeddedTables } from '../fixtures/embedded-table.ts';
import {
  alice,
  approvalGate,
  createScenario,
  deploy,
  eventually,
  imageSource,
  type Scenario,
  shop,
} from '../fixtures/scenario.ts';
import { deployed } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const modes = ['queue', 'supersede', 'parallel'] as const;

/** Run 1 waits at prod, then run 2 comes. */
async function twoRuns(concurrency: (typeof modes)[number]) {
  world = await createScenario(tables);
  await world.put(shop({ concurrency }));
  const one = await world.pushTag('shop-V1');
  world.pass(1000);
  const two = await world.pushTag('shop-V2');
  const [first = '', second = ''] = await world.executions('shop');
  return { one, two, first, second };
}

describe.each(modes)('%s: run 1 waits for approval at prod and run 2 arrives', (concurrency) => {
  it('does pre of run 2 at once', async () => {
    const { two, second } = await twoRuns(concurrency);
    expect((await world.statuses(second)).pre).toBe('succeeded');
    expect(await world.headOf('pre')).toEqual([['pre/main/deploy', two, second]]);
  });

  it(`leaves ${concurrency === 'supersede' ? 'one approval' : 'two approvals'} pending`, async () => {
    const { first, second } = await twoRuns(concurrency);
    const expected = concurrency === 'supersede' ? [second] : [first, second];
    expect((await world.pending('prod')).map((one) => one.executionId)).toEqual(expected);
  });

  it('supersedes run 1 once run 2 was observed at prod: its approval is over', async () => {
    const { two, first, second } = await twoRuns(concurrency);
    const mine = await world.approval(first, 'prod');
    await world.decide(await world.approval(second, 'prod'));
    expect(await world.headOf('prod')).toEqual([['prod/main/deploy', two, second]]);
    expect(await world.status(first)).toBe('superseded');
    const node = (await world.ports.executions.nodes(first, ['prod'])).get('prod');
    expect(node).toMatchObject({ status: 'cancelled', supersededBy: second, error: { code: 'superseded' } });
    expect((await world.decide(mine)).kind).toBe('gone');
    expect(await world.headOf('prod')).toEqual([['prod/main/deploy', two, second]]);
    expect(world.directory.keys()).not.toContain(`${first}/prod/main/deploy/1`);
  });

  it('never moves an environment back for a late older event', async () => {
    world = await createScenario(tables);
    await world.put(shop({ concurrency }));
    const newer = await world.pushTag('shop-V2');
    await world.decide((await world.pending('prod'))[0]);
    world.pass(60_000);
    await world.pushTag('shop-V1', fixedNow - 60_000);
    const [first = '', late = ''] = await world.executions('shop');
    expect(await world.statuses(late)).toMatchObject({ pre: 'cancelled', prod: 'cancelled' });
    expect(await world.status(late)).toBe('superseded');
    expect(await world.headOf('pre')).toEqual([['pre/main/deploy', newer, first]]);
    expect(await world.headOf('prod')).toEqual([['prod/main/deploy', newer, first]]);
    expect(world.directory.keys().filter((key) => key.startsWith(late))).toEqual([]);
  });
});

it('supersede closes the older run’s approval when the newer one arrives, and says by whom', async () => {
  const { first, second } = await twoRuns('supersede');
  expect(await world.status(first)).toBe('superseded');
  const node = (await world.ports.executions.nodes(first, ['prod'])).get('prod');
  expect(node).toMatchObject({ status: 'cancelled', supersededBy: second });
  const closed = await world.ports.executions.approvals({ status: 'superseded', limit: 10 });
  expect(closed.items.map((one) => one.executionId)).toEqual([first]);
  const late = await decideOnApproval(world.ports, {
    caller: alice,
    id: closed.items[0]?.id ?? '',
    decision: 'approve',
    digests: closed.items[0]?.artifacts.map((one) => one.digest) ?? [],
  });
  expect(late.kind).toBe('gone');
});

it('supersede drops only who waits: a run that holds the lock of its stage finishes', async () => {
  world = await createScenario(tables);
  await world.put(shop({ concurrency: 'supersede' }));
  const gate = Promise.withResolvers<void>();
  world.directory.script('prod/main/deploy', async (request) => {
    await gate.promise;
    return deployed(request);
  });
  await world.pushTag('shop-V1');
  const [approval] = await world.pending('prod');
  const running = world.decide(approval);
  await eventually(() => world.directory.calls.length).toBe(2);
  world.pass(1000);
  const pushing = world.pushTag('shop-V2');
  await eventually(() => world.pending('prod').then((all) => all.length)).toBe(1);
  gate.resolve();
  await Promise.all([running, pushing]);
  const [first = '', second = ''] = await world.executions('shop');
  expect(await world.status(first)).toBe('succeeded');
  await world.decide(await world.approval(second, 'prod'));
  expect(await world.status(second)).toBe('succeeded');
});

describe('the lock of an environment', () => {
  it('goes to the oldest order first when it is given back', async () => {
    world = await createScenario(tables);
    const gates = new Map<string, PromiseWithResolvers<void>>();
    world.directory.script('only/main/deploy', async (request) => {
      const held = Promise.withResolvers<void>();
      gates.set(request.executionId, held);
      await held.promise;
      return { kind: 'failed', code: 'stepFailed', message: 'no' };
    });
    await world.put({ name: 'shop', sources: imageSource, stages: { only: { environment: 'e', steps: deploy('e') } } });
    const done: Promise<unknown>[] = [];
    // Orders 1, 3, 2: the run of order 1 holds the lock, the others come in the wrong order.
    for (const [tag, at] of [
      ['shop-V1', fixedNow + 1],
      ['shop-V3', fixedNow + 3],
      ['shop-V2', fixedNow + 2],
    ] as const) {
      world.pass(1000);
      const before = (await world.executions('shop')).length;
      done.push(world.pushTag(tag, at));
      await eventually(async () => (await world.executions('shop')).length).toBe(before + 1);
      await eventually(async () => {
        const id = (await world.executions('shop')).at(-1) ?? '';
        const node = (await world.ports.executions.nodes(id, ['only'])).get('only');
        return node?.park?.why ?? (gates.has(id) ? 'deploys' : 'nothing');
      }).toBe(before === 0 ? 'deploys' : 'lock');
    }
    const [first = '', third = '', second = ''] = await world.executions('shop');
    const lock = () => findHolders(world.ports, 'e', 'shop').then((held) => held[0]?.executionId);
    expect(await lock()).toBe(first);
    for (const [id, next] of [
      [first, second],
      [second, third],
      [third, undefined],
    ] as const) {
      gates.get(id)?.resolve();
      await eventually(lock).toBe(next);
      if (next !== undefined) await eventually(() => gates.has(next)).toBe(true);
    }
    await Promise.all(done);
    const started = world.directory.calls.map((call) => call.executionId);
    expect(started).toEqual([first, second, third]);
  });

  it('is held by all stages of a run together and is free when the last has left', async () => {
    world = await createScenario(tables);
    const gates: PromiseWithResolvers<void>[] = [];
    world.directory.script('*', async (request) => {
      const held = Promise.withResolvers<void>();
      gates.push(held);
      await held.promise;
      return deployed(request);
    });
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: { a: { environment: 'e', steps: deploy('a') }, b: { environment: 'e', steps: deploy('b') } },
    });
    const pushing = world.pushTag('shop-V1');
    await eventually(() => gates.length).toBe(2);
    const stages = () => findHolders(world.ports, 'e', 'shop').then((held) => held.map((one) => one.stage));
    expect(await stages()).toEqual(['a', 'b']);
    gates[0]?.resolve();
    await eventually(stages).toHaveLength(1);
    gates[1]?.resolve();
    await pushing;
    expect(await stages()).toEqual([]);
  });

  it('is not held up by a place that an ended run left behind', async () => {
    world = await createScenario(tables);
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [first = ''] = await world.executions('shop');
    await world.decide(await world.approval(first, 'prod'), 'reject');
    const order = (await world.ports.executions.find(first))?.order ?? '';
    const leftover = { environment: 'prod', pipeline: 'shop', order, executionId: first, stage: 'prod' };
    await world.ports.environments.arrive({ ...leftover, attempt: 1, ready: true });
    world.pass(1000);
    await world.pushTag('shop-V2');
    const [, second = ''] = await world.executions('shop');
    await world.decide(await world.approval(second, 'prod'));
    expect(await world.status(second)).toBe('succeeded');
  });
});

it('parallel: two runs deploy to one place in turns, and the newer one stands in the end', async () => {
  world = await createScenario(tables);
  await world.put({
    name: 'shop',
    sources: imageSource,
    concurrency: 'parallel',
    stages: { only: { environment: 'e', steps: deploy('e') } },
  });
  const held = Promise.withResolvers<void>();
  world.directory.script('only/main/deploy', async (request) => {
    if (world.directory.calls.length === 1) await held.promise;
    return deployed(request);
  });
  const pushing = world.pushTag('shop-V1');
  await eventually(() => world.directory.calls.length).toBe(1);
  world.pass(1000);
  const second = world.pushTag('shop-V2');
  await eventually(async () => (await world.executions('shop')).length).toBe(2);
  const [one = '', two = ''] = await world.executions('shop');
  await eventually(async () => (await world.statuses(two)).only).toBe('running');
  expect(world.directory.calls.map((call) => call.executionId)).toEqual([one]);
  held.resolve();
  await Promise.all([pushing, second]);
  for (let waited = 0; waited < 4; waited++) {
    world.pass(5000);
    await world.settle();
  }
  expect(world.directory.calls.map((call) => call.executionId)).toEqual([one, two]);
  expect([await world.status(one), await world.status(two)]).toEqual(['succeeded', 'succeeded']);
  expect((await world.headOf('e')).map((head) => head[2])).toEqual([two]);
});

it('parallel: an older run that was already in stops before its next deployment, and nothing that builds on it runs', async () => {
  world = await createScenario(tables);
  await world.put({
    name: 'shop',
    sources: imageSource,
    concurrency: 'parallel',
    stages: {
      only: {
        environment: 'e',
        steps: {
          smoke: { step: 'webhook', with: { url: 'https://x.example/smoke' } },
          ...deploy('e'),
          tell: { step: 'webhook', with: { url: 'https://x.example/done' } },
        },
      },
    },
  });
  const held = Promise.withResolvers<void>();
  world.webhook.script('only/main/smoke', async () => {
    if (world.webhook.calls.length === 1) await held.promise;
    return { kind: 'done', artifacts: [] };
  });
  const pushing = world.pushTag('shop-V1');
  await eventually(() => world.webhook.calls.length).toBe(1);
  world.pass(1000);
  const second = world.pushTag('shop-V2');
  await eventually(async () => (await world.headOf('e')).length).toBe(1);
  const [one = '', two = ''] = await world.executions('shop');
  // Until it has ended it may still hold its turn, and the older one would look again only later.
  await eventually(() => world.status(two)).toBe('succeeded');
  held.resolve();
  await Promise.all([pushing, second]);
  expect(await world.status(one)).toBe('superseded');
  expect(await world.statuses(one)).toMatchObject({
    only: 'cancelled',
    'only/main/smoke': 'succeeded',
    'only/main/deploy': 'cancelled',
    'only/main/tell': 'skipped',
  });
  expect((await world.ports.executions.nodes(one, ['only'])).get('only')?.supersededBy).toBe(two);
  expect(world.directory.calls.map((call) => call.executionId)).toEqual([two]);
});

it('a superseded run lets finish what has begun, in its own order, and starts nothing more', async () => {
  world = await createScenario(tables);
  await world.put({
    name: 'shop',
    sources: imageSource,
    stages: {
      slow: {
        jobs: {
          eu: { steps: { go: { step: 'webhook', with: { url: 'https://x.example/eu' } } } },
          us: { needs: ['eu'], steps: { go: { step: 'webhook', with: { url: 'https://x.example/us' } } } },
        },
      },
      prod: { environment: 'prod', gates: [approvalGate()], steps: deploy('prod') },
      after: { needs: ['slow'], steps: { go: { step: 'webhook', with: { url: 'https://x.example/after' } } } },
    },
  });
  const held = Promise.withResolvers<void>();
  world.webhook.script('slow/eu/go', async () => {
    if (world.webhook.calls.length === 1) await held.promise;
    return { kind: 'done', artifacts: [] };
  });
  const pushing = world.pushTag('shop-V1');
  await eventually(() => world.webhook.calls.length).toBe(1);
  await eventually(async () => (await world.pending('prod')).length).toBe(1);
  world.pass(1000);
  const second = world.pushTag('shop-V2');
  await eventually(async () => (await world.pending('prod')).length).toBe(2);
  const [one = '', two = ''] = await world.executions('shop');
  const newer = (await world.pending('prod')).find((approval) => approval.executionId === two);
  const deciding = world.decide(newer);
  await eventually(async () => (await world.ports.executions.find(one))?.stop?.kind).toBe('superseded');
  await eventually(async () => (await world.statuses(one)).prod).toBe('cancelled');
  const mine = () => world.webhook.calls.filter((call) => call.executionId === one).map((call) => call.job);
  expect(mine()).toEqual(['eu']);
  held.resolve();
  await Promise.all([pushing, second, deciding]);
  expect(mine()).toEqual(['eu', 'us']);
  expect(await world.statuses(one)).toMatchObject({ slow: 'succeeded', prod: 'cancelled', after: 'cancelled' });
  expect(await world.status(one)).toBe('superseded');
});

it('a stage without environment takes no lock, is never superseded, and its digests are subjects of the proof all the same', async () => {
  const locks = { swaps: 0 };
  world = await createScenario(tables, {
    wrap: (ports) => ({
      ...ports,
      environments: {
        ...ports.environments,
        swapLock: (seen, next) => {
          locks.swaps += 1;
          return ports.environments.swapLock(seen, next);
        },
      },
    }),
  });
  await world.put({
    name: 'shop',
    sources: imageSource,
    concurrency: 'supersede',
    stages: { out: { gates: [approvalGate()], steps: deploy('out') } },
  });
  const one = await world.pushTag('shop-V1');
  world.pass(1000);
  await world.pushTag('shop-V2');
  const [first = '', second = ''] = await world.executions('shop');
  expect(await world.pending('out')).toHaveLength(2);
  await world.decide(await world.approval(second, 'out'));
  await world.decide(await world.approval(first, 'out'));
  expect([await world.status(first), await world.status(second)]).toEqual(['succeeded', 'succeeded']);
  expect(await world.ports.environments.environments()).toEqual([]);
  expect(locks.swaps).toBe(0);
  const envelope = JSON.parse((await world.ports.executions.proof(first, 1)) ?? '{}');
  const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString());
  expect(statement.predicate.environments).toEqual([]);
  expect(statement.subject).toEqual([{ name: 'registry.local/team/shop', digest: { sha256: one.slice(7) } }]);
});
