import { afterEach, describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { createScenario, type Scenario, shop } from '../../../test/fixtures/scenario.ts';
import { runNode } from './run-node.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

/** A claimed execution whose machine never starts: the test is the machine. */
async function claimed() {
  world = await createScenario(tables, {
    wrap: (ports) => ({ ...ports, orchestrator: { ...ports.orchestrator, start: async () => {} } }),
  });
  await world.put(shop());
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  return { v: 1, execution: id, machine: id } as const;
}

const fault = { error: 'storeUnavailable', cause: 'the table is away' };

describe('the engine gave up', () => {
  it('on the begin: the execution ends as failed and says why', async () => {
    const base = await claimed();
    expect(await runNode(world.ports, { ...base, do: 'begin', fault })).toEqual({ v: 1, next: 'done' });
    expect(await world.ports.executions.find(base.execution)).toMatchObject({
      status: 'failed',
      error: { code: 'storeUnavailable' },
    });
  });

  it('on entering a stage: it fails, its approvals close at once and its place is free', async () => {
    const base = await claimed();
    await runNode(world.ports, { ...base, do: 'begin' });
    await runNode(world.ports, { ...base, do: 'enter', stage: 1 });
    await runNode(world.ports, { ...base, do: 'job', stage: 1, job: 1 });
    await runNode(world.ports, { ...base, do: 'leave', stage: 1 });
    expect(await runNode(world.ports, { ...base, do: 'enter', stage: 2 })).toEqual({ v: 1, next: 'park' });
    expect(await world.pending('prod')).toHaveLength(1);
    expect(await runNode(world.ports, { ...base, do: 'enter', stage: 2, fault })).toEqual({ v: 1, next: 'done' });
    expect(await world.pending('prod')).toEqual([]);
    expect(await world.faults(base.execution)).toEqual({ prod: 'storeUnavailable' });
    expect(await world.ports.environments.arrivals('prod', 'shop')).toEqual([]);
  });

  it('on a job: the step under way fails and the job comes back for its handlers', async () => {
    const base = await claimed();
    await runNode(world.ports, { ...base, do: 'begin' });
    await runNode(world.ports, { ...base, do: 'enter', stage: 1 });
    const job = { ...base, do: 'job', stage: 1, job: 1 } as const;
    expect(await runNode(world.ports, { ...job, fault })).toEqual({ v: 1, next: 'again' });
    expect(await runNode(world.ports, job)).toEqual({ v: 1, next: 'done' });
    expect(await world.faults(base.execution)).toMatchObject({
      'pre/main/deploy': 'storeUnavailable',
      'pre/main': 'storeUnavailable',
    });
    expect(world.directory.calls).toEqual([]);
  });
});

it('a stage that is left before it was in has failed, unless somebody stopped it', async () => {
  const base = await claimed();
  await runNode(world.ports, { ...base, do: 'begin' });
  expect(await runNode(world.ports, { ...base, do: 'leave', stage: 1 })).toEqual({ v: 1, next: 'done' });
  expect(await world.faults(base.execution)).toEqual({ pre: 'engineStopped' });
});

it('a stage that is left although a step began with it says so of the step', async () => {
  const base = await claimed();
  await runNode(world.ports, { ...base, do: 'begin' });
  await runNode(world.ports, { ...base, do: 'enter', stage: 1 });
  expect(await world.statuses(base.execution)).toMatchObject({ 'pre/main': 'running', 'pre/main/deploy': 'running' });
  await runNode(world.ports, { ...base, do: 'leave', stage: 1 });
  const error = 'engineStopped';
  expect(await world.faults(base.execution)).toEqual({ pre: error, 'pre/main': error, 'pre/main/deploy': error });
  expect(await world.statuses(base.execution)).toMatchObject({ pre: 'failed', 'pre/main/deploy': 'failed' });
});

it('refuses an input of another release than this and the one before', async () => {
  const base = await claimed();
  await expect(runNode(world.ports, { ...base, v: 3, do: 'begin' })).rejects.toMatchObject({ code: 'internal' });
});
