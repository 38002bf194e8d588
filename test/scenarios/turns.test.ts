import { afterEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../shared/domain/digest.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Json } from '../../shared/domain/json.ts';
import type { ParkInput, TaskInput } from '../../shared/domain/machine-io.ts';
import { retryExecution } from '../../shared/flows/retry-execution.ts';
import { findHolders } from '../../shared/flows/run/environment-turn.ts';
import type { EnvironmentStore } from '../../shared/ports/environment-store.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import {
  approvalGate,
  createScenario,
  deploy,
  eventually,
  imageSource,
  repository,
  type Scenario,
} from '../fixtures/scenario.ts';
import { deployed, failedStep } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const scanGate = { scan: { maxSeverity: { critical: 0 }, within: '1h' } };

function pipeline(concurrency: string, gates: readonly Json[] = []) {
  return {
    name: 'shop',
    concurrency,
    sources: imageSource,
    stages: { prod: { environment: 'prod', gates, steps: deploy('prod') } },
  };
}

function scanned(digest: Digest) {
  return world.happen({ kind: 'scan', repository, status: 'complete', severities: {}, digest });
}

/** The environment's store with one call watched or held back. */
function withEnvironments(ports: Ports, change: (store: EnvironmentStore) => Partial<EnvironmentStore>): Ports {
  return { ...ports, environments: { ...ports.environments, ...change(ports.environments) } };
}

/** Deployments of a run, held back until they are let go. */
function holdDeployments() {
  const held = new Map<string, PromiseWithResolvers<'deployed' | 'failed'>>();
  world.directory.script('prod/main/deploy', async (request) => {
    const gate = Promise.withResolvers<'deployed' | 'failed'>();
    held.set(request.executionId, gate);
    return (await gate.promise) === 'deployed' ? deployed(request) : failedStep();
  });
  return held;
}

async function push(tag: string) {
  world.pass(1000);
  const before = (await world.executions('shop')).length;
  const pushing = world.pushTag(tag);
  await eventually(async () => (await world.executions('shop')).length).toBe(before + 1);
  const id = (await world.executions('shop')).at(-1) ?? '';
  return { id, pushing };
}

const parkedFor = async (id: string) => (await world.ports.executions.nodes(id, ['prod'])).get('prod')?.park?.why;
const holding = async () => (await findHolders(world.ports, 'prod', 'shop')).map((one) => one.executionId);
const standing = async () => (await world.ports.environments.arrivals('prod', 'shop')).map((one) => one.executionId);

it.each([
  ['queue', [], { arrive: 0, swapLock: 1, leave: 0 }],
  ['supersede', [], { arrive: 0, swapLock: 1, leave: 0 }],
  ['parallel', [], { arrive: 0, swapLock: 0, leave: 0 }],
  ['queue', [approvalGate()], { arrive: 1, swapLock: 1, leave: 1 }],
  ['supersede', [approvalGate()], { arrive: 1, swapLock: 1, leave: 1 }],
  ['parallel', [approvalGate()], { arrive: 1, swapLock: 0, leave: 1 }],
])('%s with gates %j: a turn costs %j', async (concurrency, gates, cost) => {
  const calls = { arrive: 0, swapLock: 0, leave: 0 };
  world = await createScenario(tables, {
    wrap: (ports) =>
      withEnvironments(ports, (store) => ({
        arrive: (...args) => {
          calls.arrive += 1;
          return store.arrive(...args);
        },
        swapLock: (...args) => {
          calls.swapLock += 1;
          return store.swapLock(...args);
        },
        leave: (...args) => {
          calls.leave += 1;
          return store.leave(...args);
        },
      })),
  });
  await world.put(pipeline(concurrency, gates));
  for (const tag of ['shop-V1', 'shop-V2']) {
    Object.assign(calls, { arrive: 0, swapLock: 0, leave: 0 });
    const { id, pushing } = await push(tag);
    await pushing;
    if (gates.length > 0) await world.decide(await world.approval(id, 'prod'));
    expect(await world.status(id)).toBe('succeeded');
    expect(calls).toEqual(cost);
  }
});

describe('a newer run that goes straight in while an older one waits for its scan', () => {
  async function straightIn(concurrency: string) {
    world = await createScenario(tables);
    await world.put(pipeline(concurrency, [scanGate]));
    const older = await push('shop-V1');
    await older.pushing;
    expect(await parkedFor(older.id)).toBe('gates');
    const newer = await push('shop-V2');
    const digest = await newer.pushing;
    expect(await parkedFor(newer.id)).toBe('gates');
    const held = holdDeployments();
    return { older, newer, digest, held };
  }

  it.each([
    ['queue', 'running'],
    ['parallel', 'running'],
  ])('%s: the older one goes on waiting until the newer one was observed', async (concurrency, meanwhile) => {
    const { older, newer, digest, held } = await straightIn(concurrency);
    const scanning = scanned(digest);
    await eventually(() => held.has(newer.id)).toBe(true);
    expect(await world.status(older.id)).toBe(meanwhile);
    held.get(newer.id)?.resolve('deployed');
    await scanning;
    expect([await world.status(older.id), await world.status(newer.id)]).toEqual(['superseded', 'succeeded']);
  });

  it.each(['deployed', 'failed'] as const)(
    'supersede: the older one is superseded by who holds the lock without having waited, also if that one then %s',
    async (end) => {
      world = await createScenario(tables);
      await world.put(pipeline('supersede', [scanGate]));
      const older = await push('shop-V1');
      await older.pushing;
      // Known to be good before it comes: the tag of its run is pushed after its scan.
      const known = await world.pushTag('other-V2');
      await scanned(known);
      const held = holdDeployments();
      world.pass(1000);
      const pushing = world.happen({
        kind: 'push',
        repository,
        tag: 'shop-V2',
        digest: known,
        at: world.ports.clock.now(),
      });
      await eventually(() => held.size).toBe(1);
      const [newer = ''] = held.keys();
      expect(await holding()).toEqual([newer]);
      expect(await standing()).not.toContain(newer);
      await eventually(() => world.status(older.id)).toBe('superseded');
      const node = (await world.ports.executions.nodes(older.id, ['prod'])).get('prod');
      expect(node).toMatchObject({ status: 'cancelled', supersededBy: newer });
      held.get(newer)?.resolve(end);
      await pushing;
      expect(await world.status(newer)).toBe(end === 'deployed' ? 'succeeded' : 'failed');
      expect([await standing(), await holding()]).toEqual([[], []]);
    },
  );
});

describe('a run that is tried again', () => {
  it('takes the lock anew, although the item still names it', async () => {
    world = await createScenario(tables);
    await world.put(pipeline('queue'));
    world.directory.script('prod/main/deploy', () => failedStep());
    const { id, pushing } = await push('shop-V1');
    await pushing;
    expect(await world.ports.environments.lock('prod', 'shop')).toMatchObject({ holder: id, attempt: 1 });
    expect(await holding()).toEqual([]);
    const held = holdDeployments();
    await retryExecution(world.ports, { id, by: 'alice' });
    await eventually(() => held.has(id)).toBe(true);
    expect(await world.ports.environments.lock('prod', 'shop')).toMatchObject({ holder: id, attempt: 2 });
    expect(await holding()).toEqual([id]);
    held.get(id)?.resolve('deployed');
    await world.settle();
    expect(await world.status(id)).toBe('succeeded');
  });

  it('holds up nobody while it waits for people again, although the item still names it', async () => {
    world = await createScenario(tables);
    await world.put(pipeline('queue', [approvalGate()]));
    world.directory.script('prod/main/deploy', () => failedStep());
    const first = await push('shop-V1');
    await first.pushing;
    await world.decide(await world.approval(first.id, 'prod'));
    await retryExecution(world.ports, { id: first.id, by: 'alice' });
    await world.settle();
    expect(await parkedFor(first.id)).toBe('gates');
    expect((await world.ports.environments.lock('prod', 'shop'))?.holder).toBe(first.id);
    world.directory.script('prod/main/deploy', deployed);
    const second = await push('shop-V2');
    await second.pushing;
    await world.decide(await world.approval(second.id, 'prod'));
    expect([await world.status(first.id), await world.status(second.id)]).toEqual(['superseded', 'succeeded']);
  });

  it.each([
    ['queue', 'lock', 'superseded'],
    ['supersede', undefined, 'superseded'],
  ])('%s: comes after a newer one that holds the lock', async (concurrency, why, end) => {
    world = await createScenario(tables);
    await world.put(pipeline(concurrency));
    world.directory.script('prod/main/deploy', () => failedStep());
    const first = await push('shop-V1');
    await first.pushing;
    const held = holdDeployments();
    const second = await push('shop-V2');
    await eventually(() => held.has(second.id)).toBe(true);
    await retryExecution(world.ports, { id: first.id, by: 'alice' });
    if (why === undefined) await eventually(() => world.status(first.id)).toBe(end);
    else await eventually(() => parkedFor(first.id)).toBe(why);
    expect([...held.keys()]).toEqual([second.id]);
    held.get(second.id)?.resolve('deployed');
    await second.pushing;
    await world.settle();
    expect([await world.status(first.id), await world.status(second.id)]).toEqual([end, 'succeeded']);
  });

  it('goes in where the newer one failed: what failed made nobody older', async () => {
    world = await createScenario(tables);
    await world.put(pipeline('supersede'));
    world.directory.script('prod/main/deploy', () => failedStep());
    const first = await push('shop-V1');
    await first.pushing;
    const second = await push('shop-V2');
    await second.pushing;
    world.directory.script('prod/main/deploy', deployed);
    await retryExecution(world.ports, { id: first.id, by: 'alice' });
    await world.settle();
    expect([await world.status(first.id), await world.status(second.id)]).toEqual(['succeeded', 'failed']);
  });
});

describe('a call that dies with the lock in hand', () => {
  /** Stops at the first lock that a run takes, after it was taken. */
  function dying(died: { of?: string; readonly hang: PromiseWithResolvers<void> }) {
    return (ports: Ports, task: TaskInput | ParkInput) =>
      withEnvironments(ports, (store) => ({
        async swapLock(seen, next) {
          const answer = await store.swapLock(seen, next);
          if (died.of !== undefined) return answer;
          died.of = task.execution;
          await died.hang.promise;
          return answer;
        },
      }));
  }

  it('gives it back with the end of its execution, and who waits is woken without a sweep', async () => {
    const died: { of?: string; hang: PromiseWithResolvers<void> } = { hang: Promise.withResolvers<void>() };
    world = await createScenario(tables, { wrapTask: dying(died) });
    await world.put(pipeline('queue'));
    const first = await push('shop-V1');
    await eventually(() => died.of).toBe(first.id);
    expect(await holding()).toEqual([first.id]);
    const second = await push('shop-V2');
    await eventually(() => parkedFor(second.id)).toBe('lock');
    await world.engine.stop(first.id, 'its task hangs');
    await eventually(() => world.status(second.id)).toBe('succeeded');
    expect(await world.status(first.id)).toBe('failed');
    // The call goes on after all: it may do nothing to whoever comes later.
    died.hang.resolve();
    await Promise.all([first.pushing, second.pushing]);
    const third = await push('shop-V3');
    await third.pushing;
    expect(await world.status(third.id)).toBe('succeeded');
    expect(world.directory.calls.map((call) => call.executionId)).toEqual([second.id, third.id]);
  });

  it('wakes who waits once its execution has ended, also who looked a moment before', async () => {
    const died: { of?: string; hang: PromiseWithResolvers<void> } = { hang: Promise.withResolvers<void>() };
    const looked = { before: async () => {} };
    world = await createScenario(tables, {
      wrapTask: dying(died),
      wrap: (ports) => ({
        ...ports,
        executions: {
          ...ports.executions,
          async save(execution) {
            if (execution.status === 'failed') {
              const { before } = looked;
              looked.before = async () => {};
              await before();
            }
            return ports.executions.save(execution);
          },
        },
      }),
    });
    await world.put(pipeline('queue'));
    const first = await push('shop-V1');
    await eventually(() => died.of).toBe(first.id);
    const second = await push('shop-V2');
    const token = async () => (await world.ports.executions.nodes(second.id, ['prod'])).get('prod')?.park?.token;
    await eventually(() => parkedFor(second.id)).toBe('lock');
    const asleep = await token();
    // It is woken by the places given back, finds the lock held by an execution that is still open, and sleeps again.
    looked.before = async () => {
      await eventually(async () => [undefined, asleep].includes(await token())).toBe(false);
      await eventually(() => world.statuses(second.id)).toMatchObject({ prod: 'waiting' });
    };
    await world.engine.stop(first.id, 'its task hangs');
    await eventually(() => world.status(second.id)).toBe('succeeded');
    died.hang.resolve();
    await Promise.all([first.pushing, second.pushing]);
  });

  it('gives it up if by then it has to wait for its gates again, and who waits for the lock is woken', async () => {
    world = await createScenario(tables);
    await world.put(pipeline('queue', [approvalGate()]));
    const first = await push('shop-V1');
    await first.pushing;
    const second = await push('shop-V2');
    await second.pushing;
    const run = await world.ports.executions.find(first.id);
    const taken = { environment: 'prod', pipeline: 'shop', holder: first.id, order: run?.order ?? '', attempt: 1 };
    const seen = await world.ports.environments.lock('prod', 'shop');
    await world.ports.environments.swapLock(seen, { ...taken, stages: ['prod'], since: 0 });
    await world.decide(await world.approval(second.id, 'prod'));
    expect(await parkedFor(second.id)).toBe('lock');
    const token = (await world.ports.executions.nodes(first.id, ['prod'])).get('prod')?.park?.token ?? '';
    await world.ports.orchestrator.wake(token);
    await world.settle();
    expect([await world.status(first.id), await world.status(second.id)]).toEqual(['superseded', 'succeeded']);
  });
});

it('a run that was kept from the lock until a newer one was observed does not deploy over it', async () => {
  const kept: { of?: string; readonly go: PromiseWithResolvers<void> } = { go: Promise.withResolvers<void>() };
  world = await createScenario(tables, {
    wrapTask: (ports, task) =>
      withEnvironments(ports, (store) => ({
        async swapLock(seen, next) {
          kept.of ??= task.execution;
          if (kept.of === task.execution) await kept.go.promise;
          return store.swapLock(seen, next);
        },
      })),
  });
  await world.put(pipeline('queue'));
  const first = await push('shop-V1');
  await eventually(() => kept.of).toBe(first.id);
  const second = await push('shop-V2');
  await eventually(() => world.status(second.id)).toBe('succeeded');
  kept.go.resolve();
  await Promise.all([first.pushing, second.pushing]);
  expect(await world.status(first.id)).toBe('superseded');
  expect(world.directory.calls.map((call) => call.executionId)).toEqual([second.id]);
  expect(await holding()).toEqual([]);
});

it('a task that dies between the end of its stage and the wakes wakes who is next when it is tried again', async () => {
  const died: { after?: string } = {};
  world = await createScenario(tables, {
    wrapTask: (ports, task) => ({
      ...ports,
      executions: {
        ...ports.executions,
        async saveNode(node) {
          const saved = await ports.executions.saveNode(node);
          const isEnd = task.do === 'leave' && node.name === 'prod' && died.after === undefined;
          if (!isEnd) return saved;
          died.after = node.status;
          throw new Failure('storeUnavailable', 'after the end was written');
        },
      },
    }),
  });
  await world.put(pipeline('queue'));
  const held = holdDeployments();
  const first = await push('shop-V1');
  await eventually(() => held.has(first.id)).toBe(true);
  const second = await push('shop-V2');
  await eventually(() => parkedFor(second.id)).toBe('lock');
  held.get(first.id)?.resolve('failed');
  await eventually(() => held.has(second.id)).toBe(true);
  expect(died.after).toBe('failed');
  held.get(second.id)?.resolve('deployed');
  await Promise.all([first.pushing, second.pushing]);
  expect([await world.status(first.id), await world.status(second.id)]).toEqual(['failed', 'succeeded']);
});

it('an arrival that a call left behind holds up nobody, and does not take the wake of who is next', async () => {
  world = await createScenario(tables);
  await world.put({
    ...pipeline('queue'),
    stages: {
      prod: { environment: 'prod', steps: deploy('prod') },
      last: { needs: ['prod'], gates: [approvalGate()] },
    },
  });
  const first = await push('shop-V1');
  await first.pushing;
  const { order = '' } = (await world.ports.executions.find(first.id)) ?? {};
  // Its execution is open, the stage has ended.
  const left = { environment: 'prod', pipeline: 'shop', order, executionId: first.id, attempt: 1, stage: 'prod' };
  await world.ports.environments.arrive({ ...left, ready: true });
  const held = holdDeployments();
  const second = await push('shop-V2');
  await eventually(() => held.has(second.id)).toBe(true);
  const third = await push('shop-V3');
  await eventually(() => parkedFor(third.id)).toBe('lock');
  held.get(second.id)?.resolve('failed');
  await eventually(() => held.has(third.id)).toBe(true);
  held.get(third.id)?.resolve('deployed');
  await Promise.all([second.pushing, third.pushing]);
  expect((await world.statuses(third.id)).prod).toBe('succeeded');
});
