import { afterEach, describe, expect, it } from 'vitest';
import { finishExecution } from '../../shared/flows/finish-execution.ts';
import { retryExecution } from '../../shared/flows/retry-execution.ts';
import { findHolders } from '../../shared/flows/run/environment-turn.ts';
import { parkLimit, parkNode } from '../../shared/flows/run/park-node.ts';
import { runNode } from '../../shared/flows/run/run-node.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { readProof } from '../fixtures/read-proof.ts';
import {
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

/** Wakes that are not sent while `lost` says so. */
function losing(lost: { now: boolean }, how: 'dropped' | 'refused' = 'dropped') {
  return (ports: Ports): Ports => ({
    ...ports,
    orchestrator: {
      ...ports.orchestrator,
      wake: async (token) => {
        if (!lost.now) return ports.orchestrator.wake(token);
        if (how === 'refused') throw new Error('the engine cannot be reached');
      },
    },
  });
}

async function sweepTo(status: string, id: string): Promise<number> {
  for (let sweeps = 1; sweeps <= 10; sweeps++) {
    await world.sweep();
    await world.settle();
    if ((await world.status(id)) === status) return sweeps;
  }
  return Number.POSITIVE_INFINITY;
}

describe.each(['dropped', 'refused'] as const)('wakes that are %s', (how) => {
  it('a decision stands, and the sweep makes it good', async () => {
    const lost = { now: false };
    world = await createScenario(tables, { wrap: losing(lost, how) });
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    lost.now = true;
    expect((await world.decide(await world.approval(id, 'prod'))).kind).toBe('decided');
    expect(await world.status(id)).toBe('running');
    lost.now = false;
    expect(await sweepTo('succeeded', id)).toBe(1);
  });

  it('so does the same decision told again', async () => {
    const lost = { now: true };
    world = await createScenario(tables, { wrap: losing(lost, how) });
    await world.put(
      shop({ stages: { prod: { environment: 'prod', gates: [approvalGate()], steps: deploy('prod') } } }),
    );
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    const approval = await world.approval(id, 'prod');
    await world.decide(approval);
    expect(await world.status(id)).toBe('running');
    lost.now = false;
    expect((await world.decide(approval)).kind).toBe('repeated');
    expect(await world.status(id)).toBe('succeeded');
  });

  it('a wait that began too late is found although its own wake was lost', async () => {
    const lost = { now: false };
    world = await createScenario(tables, { wrap: losing(lost, how) });
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    lost.now = true;
    await world.decide(await world.approval(id, 'prod'));
    const late = new Date(world.ports.clock.now() + 1).toISOString();
    const at = { v: 1, do: 'park', execution: id, machine: id, stage: 2, enteredAt: late, retry: 0 } as const;
    await parkNode(world.ports, { ...at, token: 'late' }).catch(() => undefined);
    const node = (await world.ports.executions.nodes(id, ['prod'])).get('prod');
    expect(node?.park?.token).toBe('late');
  });

  it('a fact, a need, a job, a lock, a cancel and a supersede are all found by the sweep', async () => {
    const lost = { now: true };
    world = await createScenario(tables, { wrap: losing(lost, how) });
    world.webhook.script('*', () => ({ kind: 'done', artifacts: [] }));
    const go = { go: { step: 'webhook', with: { url: 'https://x.example/' } } };
    const scan = { scan: { maxSeverity: { critical: 0 }, within: '1h' } };
    await world.put(
      shop({
        stages: {
          last: { needs: ['jobs'], environment: 'prod', gates: [scan], steps: deploy('prod') },
          jobs: { jobs: { b: { needs: ['a'], steps: go }, a: { steps: go } } },
        },
      }),
    );
    const one = await world.pushTag('shop-V1');
    world.pass(1000);
    const two = await world.pushTag('shop-V2');
    const [first = '', second = ''] = await world.executions('shop');
    await world.sweep();
    await world.settle();
    const scanned = {
      kind: 'scan',
      repository: 'registry.local/team/shop',
      status: 'complete',
      severities: {},
    } as const;
    await world.happen({ ...scanned, digest: two }, { ...scanned, digest: one });
    expect(await world.status(second)).toBe('running');
    // A world whose sweep wakes: the sweep's own wakes go through.
    lost.now = false;
    await sweepTo('succeeded', second);
    expect(await world.status(second)).toBe('succeeded');
    expect(['succeeded', 'superseded']).toContain(await world.status(first));
    expect((await world.headOf('prod')).map((head) => head[1])).toEqual([two]);
  });
});

it('a stage and a job that wait for others of their run are asked again each day, and by nothing else', async () => {
  world = await createScenario(tables);
  const held = Promise.withResolvers<void>();
  world.webhook.script('*', async () => {
    await held.promise;
    return { kind: 'done', artifacts: [] };
  });
  const go = { go: { step: 'webhook', with: { url: 'https://x.example/' } } };
  await world.put(
    shop({
      stages: {
        first: { jobs: { b: { needs: ['a'], steps: go }, a: { steps: go } } },
        last: { needs: ['first'], steps: go },
      },
    }),
  );
  const pushing = world.pushTag('shop-V1');
  const tokens = async () => {
    const [id = ''] = await world.executions('shop');
    const nodes = await world.ports.executions.nodes(id, ['last', 'first/b']);
    return [...nodes.values()].flatMap(({ park }) => park?.token ?? []).sort();
  };
  await eventually(async () => (await tokens()).length).toBe(2);
  const before = await tokens();
  expect((await world.ports.executions.parked({ limit: 9 })).items).toEqual([]);
  expect((await world.sweep()).woken).toBe(0);
  world.pass(parkLimit - 1);
  expect((await world.sweep()).woken).toBe(0);
  world.pass(1);
  expect((await world.sweep()).woken).toBe(2);
  await eventually(async () => (await tokens()).filter((token) => !before.includes(token)).length).toBe(2);
  held.resolve();
  await pushing;
  const [id = ''] = await world.executions('shop');
  await eventually(() => world.status(id)).toBe('succeeded');
});

it('wakes too many are harmless', async () => {
  const tokens: string[] = [];
  world = await createScenario(tables, {
    wrap: (ports) => ({
      ...ports,
      orchestrator: {
        ...ports.orchestrator,
        wake: async (token) => {
          tokens.push(token);
          for (const known of [...tokens, token]) await ports.orchestrator.wake(known);
        },
      },
    }),
  });
  await world.put(shop());
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  for (let sweeps = 0; sweeps < 3; sweeps++) {
    const nodes = await world.ports.executions.allNodes(id);
    for (const node of nodes) if (node.park?.token !== undefined) await world.ports.orchestrator.wake(node.park.token);
    await world.settle();
  }
  expect((await world.statuses(id)).prod).toBe('waiting');
  await world.decide(await world.approval(id, 'prod'));
  expect(await world.status(id)).toBe('succeeded');
  expect(world.directory.keys()).toEqual([`${id}/pre/main/deploy/1`, `${id}/prod/main/deploy/1`]);
  expect(world.directory.calls).toHaveLength(2);
});

it('the machine of an earlier attempt does nothing more', async () => {
  world = await createScenario(tables);
  await world.put(shop());
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  await world.decide(await world.approval(id, 'prod'), 'reject');
  await retryExecution(world.ports, { id, by: 'alice' });
  await world.settle();
  const before = await world.ports.executions.allNodes(id);
  const base = { v: 1, execution: id, machine: id } as const;
  for (const input of [
    { ...base, do: 'begin' },
    { ...base, do: 'enter', stage: 2 },
    { ...base, do: 'job', stage: 1, job: 1 },
    { ...base, do: 'leave', stage: 2 },
    { ...base, do: 'end' },
    { ...base, do: 'enter', stage: 2, fault: { error: 'internal', cause: '' } },
  ] as const) {
    expect(await runNode(world.ports, input)).toEqual({ v: 1, next: 'done' });
  }
  expect(await finishExecution(world.ports, { machine: id })).toBe('nothingToDo');
  expect(await world.ports.executions.allNodes(id)).toEqual(before);
  expect(await world.status(id)).toBe('running');
});

describe('finishExecution', () => {
  it('fails what is open, gives places back, closes approvals, signs; again it does nothing', async () => {
    world = await createScenario(tables);
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    const approval = await world.approval(id, 'prod');
    await world.engine.stop(id, 'from the console');
    await world.settle();
    expect(await world.ports.executions.find(id)).toMatchObject({ status: 'failed', error: { code: 'engineStopped' } });
    expect(await world.statuses(id)).toMatchObject({ pre: 'succeeded', prod: 'failed' });
    expect((await world.decide(approval)).kind).toBe('gone');
    expect(await world.ports.environments.arrivals('prod', 'shop')).toEqual([]);
    expect(readProof(await world.ports.executions.proof(id, 1)).subject).toHaveLength(1);
    const nodes = await world.ports.executions.allNodes(id);
    expect(await finishExecution(world.ports, { machine: id })).toBe('nothingToDo');
    expect(await world.ports.executions.allNodes(id)).toEqual(nodes);
    await retryExecution(world.ports, { id, by: 'alice' });
    await world.settle();
    await world.decide(await world.approval(id, 'prod'));
    expect(await world.status(id)).toBe('succeeded');
  });

  it('says why although nothing had begun', async () => {
    world = await createScenario(tables, {
      wrap: (ports) => ({ ...ports, orchestrator: { ...ports.orchestrator, start: async () => {} } }),
    });
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    expect(await finishExecution(world.ports, { machine: id, error: 'States.Runtime' })).toBe('finished');
    const ended = await world.ports.executions.find(id);
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'engineStopped' } });
    expect(ended?.error?.message).toContain('States.Runtime');
  });

  it('by two at once ends once', async () => {
    world = await createScenario(tables, {
      wrap: (ports) => ({ ...ports, orchestrator: { ...ports.orchestrator, start: async () => {} } }),
    });
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    await Promise.all([1, 2, 3].map(() => finishExecution(world.ports, { machine: id })));
    expect(await world.status(id)).toBe('failed');
  });
});

describe('the sweep', () => {
  it('starts a queued execution whose start was lost, once some time has passed', async () => {
    const lost = { now: true };
    world = await createScenario(tables, {
      wrap: (ports) => ({
        ...ports,
        orchestrator: {
          ...ports.orchestrator,
          start: async (name, input) => {
            if (!lost.now) await ports.orchestrator.start(name, input);
          },
        },
      }),
    });
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    lost.now = false;
    expect((await world.sweep()).restarted).toBe(0);
    world.pass(60_000);
    expect((await world.sweep()).restarted).toBe(1);
    await world.settle();
    expect((await world.statuses(id)).prod).toBe('waiting');
  });

  it('finishes an execution whose machine is over, also one that never got further than queued', async () => {
    world = await createScenario(tables, {
      wrap: (ports) => ({
        ...ports,
        orchestrator: { ...ports.orchestrator, start: async () => {}, running: async () => false },
      }),
    });
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    world.pass(60_000);
    expect((await world.sweep()).finished).toBe(1);
    expect(await world.status(id)).toBe('failed');
  });

  it('has nothing to free: the lock of an ended execution, and of a stage that has ended, is nobody’s', async () => {
    world = await createScenario(tables);
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [first = ''] = await world.executions('shop');
    await world.decide(await world.approval(first, 'prod'), 'reject');
    const order = (await world.ports.executions.find(first))?.order ?? '';
    const left = { pipeline: 'shop', order, attempt: 1, since: 0 };
    const prod = { ...left, environment: 'prod', holder: first, stages: ['prod'] };
    expect(await world.ports.environments.swapLock(undefined, prod)).toBe(true);
    world.pass(1000);
    await world.pushTag('shop-V2');
    const [, second = ''] = await world.executions('shop');
    await world.decide(await world.approval(second, 'prod'));
    expect(await world.status(second)).toBe('succeeded');
    // Open, but the stage that holds it has ended: a call that outlived its task took it.
    world.pass(1000);
    await world.pushTag('shop-V3');
    const third = (await world.executions('shop')).at(-1) ?? '';
    const pre = { ...left, environment: 'pre', holder: third, stages: ['pre'] };
    const seen = await world.ports.environments.lock('pre', 'shop');
    expect(await world.ports.environments.swapLock(seen, pre)).toBe(true);
    expect(await world.status(third)).toBe('running');
    expect(await findHolders(world.ports, 'pre', 'shop')).toEqual([]);
    world.pass(1000);
    await world.pushTag('shop-V4');
    const fourth = (await world.executions('shop')).at(-1) ?? '';
    expect((await world.statuses(fourth)).pre).toBe('succeeded');
  });

  it('fails what is open after 21 days', async () => {
    world = await createScenario(tables);
    await world.put(shop({}, { gates: [approvalGate({ timeout: '30d' })] }));
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    world.pass(21 * 86_400_000);
    await world.sweep();
    await world.settle();
    expect(await world.status(id)).toBe('running');
    world.pass(1);
    await world.sweep();
    await world.settle();
    expect(await world.ports.executions.find(id)).toMatchObject({
      status: 'failed',
      error: { code: 'deadlineExceeded' },
    });
    expect(await world.pending()).toEqual([]);
  });
});

it('40 stages parked at approvals hold up nothing that does not need them, and all end well', async () => {
  world = await createScenario(tables);
  const parked = Array.from({ length: 38 }, (_, n) => [`s${n}`, { gates: [approvalGate()] }]);
  await world.put({
    name: 'shop',
    sources: imageSource,
    stages: {
      ...Object.fromEntries(parked),
      free: { environment: 'e', steps: deploy('e') },
      next: { needs: ['free'], environment: 'e', steps: deploy('n') },
    },
  });
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect(await world.statuses(id)).toMatchObject({
    free: 'succeeded',
    next: 'succeeded',
    s0: 'waiting',
    s37: 'waiting',
  });
  const pending = await world.pending();
  expect(pending).toHaveLength(38);
  for (const approval of pending) await world.decide(approval);
  expect(await world.status(id)).toBe('succeeded');
});

it('a run behind 40 parked ones goes on, and each of them ends', async () => {
  world = await createScenario(tables);
  await world.put({ name: 'wide', sources: imageSource, stages: wide(40) });
  await world.put({ name: 'shop', sources: imageSource, stages: { free: { environment: 'e', steps: deploy('e') } } });
  const held = Promise.withResolvers<void>();
  world.directory.script('free/main/deploy', async (request) => {
    await held.promise;
    return deployed(request);
  });
  const pushing = world.pushTag('shop-V1');
  await eventually(async () => (await world.pending()).length).toBe(40);
  held.resolve();
  await pushing;
  const [id = ''] = await world.executions('shop');
  expect(await world.status(id)).toBe('succeeded');
  for (const approval of await world.pending()) await world.decide(approval);
  expect(await world.status((await world.executions('wide'))[0] ?? '')).toBe('succeeded');
});

function wide(stages: number) {
  return Object.fromEntries(Array.from({ length: stages }, (_, n) => [`s${n}`, { gates: [approvalGate()] }]));
}
