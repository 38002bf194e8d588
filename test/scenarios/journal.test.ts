import { afterEach, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import { cancelExecution } from '../../shared/flows/cancel-execution.ts';
import { retryExecution } from '../../shared/flows/retry-execution.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { readProof } from '../fixtures/read-proof.ts';
import { createScenario, deploy, eventually, imageSource, type Scenario, shop } from '../fixtures/scenario.ts';
import { deployed } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const step = 'prod/main/deploy';
const one = {
  name: 'shop',
  sources: imageSource,
  stages: { prod: { environment: 'prod', steps: deploy('prod') } },
};

/** Tells of every write of a node; `refuse` makes it fail before it is made. */
function watching(told: string[], refuse: (name: string) => boolean = () => false) {
  return (ports: Ports): Ports => ({
    ...ports,
    executions: {
      ...ports.executions,
      saveNode: async (node) => {
        if (refuse(node.name)) throw new Failure('storeUnavailable', 'died');
        told.push(`${node.name} ${node.status}${node.park === undefined ? '' : ` ${node.park.why}`}`);
        return ports.executions.saveNode(node);
      },
    },
  });
}

async function held() {
  const release = Promise.withResolvers<void>();
  world.directory.script(step, async (request) => {
    await release.promise;
    return deployed(request);
  });
  await world.put(one);
  const pushing = world.pushTag('shop-V1');
  await eventually(() => world.directory.calls.length).toBe(1);
  const [id = ''] = await world.executions('shop');
  return { id, release, pushing };
}

const stored = async (id: string) => (await world.ports.executions.nodes(id, [step])).get(step);

it('writes a node where nothing else says what it would say', async () => {
  const told: string[] = [];
  world = await createScenario(tables, { wrap: watching(told) });
  await world.put(shop());
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  await world.decide(await world.approval(id, 'prod'));
  expect(await world.status(id)).toBe('succeeded');
  expect(told.filter((line) => line.startsWith('pre'))).toEqual([
    'pre running',
    'pre/main/deploy succeeded',
    'pre succeeded',
  ]);
  expect(told.filter((line) => line.startsWith('prod'))).toEqual([
    'prod waiting needs',
    'prod waiting gates',
    'prod running',
    'prod/main/deploy succeeded',
    'prod succeeded',
  ]);
  expect(await world.statuses(id)).toMatchObject({ 'pre/main': 'succeeded', 'prod/main': 'succeeded' });
});

it('a step that began with its stage is shown as running, and is called the same when its end could not be written', async () => {
  const refused: string[] = [];
  const refuse = (name: string) => name === step && refused.push(name) < 3;
  world = await createScenario(tables, { wrap: watching([], refuse) });
  const { id, release, pushing } = await held();
  const { nodes = [] } = (await world.view(id)) ?? {};
  const stage = nodes.find(({ name }) => name === 'prod');
  expect(stage?.startedAt).toBeDefined();
  expect(await stored(id)).toBeUndefined();
  expect(nodes.find(({ name }) => name === step)).toMatchObject({
    status: 'running',
    kind: 'directory',
    startedAt: stage?.startedAt,
  });
  expect(nodes.find(({ name }) => name === 'prod/main')?.status).toBe('running');
  release.resolve();
  await pushing;
  expect(await world.status(id)).toBe('succeeded');
  expect(world.directory.calls.map(({ key, startedAt }) => [key, startedAt])).toEqual(
    [1, 2, 3].map(() => [`${id}/${step}/1`, stage?.startedAt]),
  );
  expect(await stored(id)).toMatchObject({ status: 'succeeded', rev: 1, startedAt: stage?.startedAt });
});

it('one that was begun when the run is cancelled is cancelled at its target, and the proof’s evidence says what it wanted', async () => {
  const dying = Promise.withResolvers<void>();
  world = await createScenario(tables);
  const stages = { pre: { environment: 'pre', steps: deploy('pre') }, prod: { ...one.stages.prod, needs: ['pre'] } };
  world.directory.script(step, async () => {
    await dying.promise;
    throw new Failure('storeUnavailable', 'the call died');
  });
  await world.put({ ...one, stages });
  const pushing = world.pushTag('shop-V1');
  await eventually(() => world.directory.calls.length).toBe(2);
  const [id = ''] = await world.executions('shop');
  await cancelExecution(world.ports, { id, by: 'alice' });
  dying.resolve();
  const digest = await pushing;
  expect(await world.status(id)).toBe('cancelled');
  expect(world.directory.cancelled.map(({ key }) => key)).toEqual([`${id}/${step}/1`]);
  expect(await stored(id)).toMatchObject({ status: 'cancelled', kind: 'directory', wanted: digest });
  const { evidence } = readProof(await world.ports.executions.proof(id, 1)).predicate;
  expect(evidence.filter((piece) => piece.kind === 'cancelled')).toMatchObject([{ step, wanted: digest }]);
});

it('one whose machine is gone has failed, and runs again under the next attempt’s key', async () => {
  world = await createScenario(tables);
  const { id, release, pushing } = await held();
  await world.engine.stop(id, 'from the console');
  await eventually(() => world.status(id)).toBe('failed');
  const wanted = world.directory.calls[0]?.wanted;
  expect(await stored(id)).toMatchObject({ status: 'failed', error: { code: 'engineStopped' }, wanted });
  release.resolve();
  await pushing;
  await retryExecution(world.ports, { id, by: 'alice' });
  await world.settle();
  expect(await world.status(id)).toBe('succeeded');
  expect(world.directory.keys()).toEqual([`${id}/${step}/1`, `${id}/${step}/2`]);
});
