import { afterEach, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { createScenario, deploy, imageSource, repository, type Scenario } from '../fixtures/scenario.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

/** Three stages that deploy one image. */
const upstream = {
  name: 'shop',
  sources: imageSource,
  stages: {
    test: { environment: 'test', steps: deploy('test') },
    pre: { needs: ['test'], environment: 'pre', steps: deploy('pre') },
    prod: { needs: ['pre'], environment: 'prod', steps: deploy('prod') },
  },
};
const downstream = {
  name: 'rollout',
  sources: { up: { type: 'pipeline', pipeline: 'shop', on: ['buildSuccess'] } },
  stages: {
    live: { environment: 'live', steps: deploy('live', '$[sources.up.stages.prod.main.deploy.artifacts.default]') },
  },
};

async function ownDeliveries(): Promise<number> {
  const { items } = await world.ports.deliveries.list({ receivers: ['waybill'], limit: 10 });
  return items.length;
}

async function builtFacts() {
  const { items } = await world.ports.artifacts.byName(repository, { limit: 10 });
  const facts = await Promise.all(items.map(({ artifact }) => world.ports.artifacts.facts(artifact.uuid)));
  return facts.flat().filter((fact) => fact.kind === 'built' && fact.pipeline === 'shop');
}

it('is recorded at once where no pipeline listens, without a delivery', async () => {
  world = await createScenario(tables);
  await world.put(upstream);
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect(await world.status(id)).toBe('succeeded');
  expect(await ownDeliveries()).toBe(0);
  const build = await world.ports.artifacts.lastSuccessfulBuild('shop');
  expect(build).toMatchObject({
    pipeline: 'shop',
    build: '1',
    outcome: 'succeeded',
    receiver: 'waybill',
    execution: id,
  });
  expect(build?.artifacts.map(({ stage, artifact }) => [stage, artifact.version])).toEqual([
    ['test', digest],
    ['pre', digest],
    ['prod', digest],
  ]);
  expect(await builtFacts()).toMatchObject([{ receiver: 'waybill', trusted: true, pipeline: 'shop', build: '1' }]);
});

it('is a delivery where a pipeline listens, and starts it', async () => {
  world = await createScenario(tables);
  await world.put(upstream);
  await world.put(downstream);
  await world.pushTag('shop-V1');
  expect(await ownDeliveries()).toBe(1);
  const [id = ''] = await world.executions('rollout');
  expect(await world.status(id)).toBe('succeeded');
  expect(await builtFacts()).toHaveLength(1);
});

it('says the same as a delivery would', async () => {
  const heard = [];
  for (const pipelines of [
    [upstream],
    [upstream, { ...downstream, sources: { up: { ...downstream.sources.up, on: [] } } }],
  ]) {
    world = await createScenario(tables);
    for (const pipeline of pipelines) await world.put(pipeline);
    await world.pushTag('shop-V1');
    const { execution: _, ...build } = (await world.ports.artifacts.build('shop', '1')) ?? {};
    heard.push({ build, facts: await builtFacts() });
    if (heard.length === 1) await world.close();
  }
  expect(heard[0]).toEqual(heard[1]);
  expect(heard[0]?.facts).toHaveLength(1);
});

it('is found by a pipeline that listens from then on', async () => {
  world = await createScenario(tables);
  await world.put(upstream);
  const digest = await world.pushTag('shop-V1');
  await world.put(downstream);
  expect(await world.executions('rollout')).toEqual([]);
  expect(await world.status(await world.start('rollout'))).toBe('succeeded');
  expect((await world.headOf('live', 'rollout')).map(([, head]) => head)).toEqual([digest]);
});

it('is recorded once, however often the execution ends, and no write of it is refused', async () => {
  let deaths = 3;
  const outcomes: string[] = [];
  world = await createScenario(tables, {
    wrap: (ports): Ports => ({
      ...ports,
      artifacts: {
        ...ports.artifacts,
        async record(artifact) {
          const made = await ports.artifacts.record(artifact);
          outcomes.push(made.kind);
          return made;
        },
        async addFact(uuid, fact) {
          const made = await ports.artifacts.addFact(uuid, fact);
          if (deaths === 3 && fact.kind === 'built') outcomes.push(made);
          return made;
        },
      },
      executions: {
        ...ports.executions,
        async save(execution) {
          // Time goes on between two tries of the last task.
          world.pass(1000);
          if (execution.status === 'succeeded' && deaths-- > 0) throw new Failure('storeUnavailable', 'before the end');
          return ports.executions.save(execution);
        },
      },
    }),
  });
  await world.put(upstream);
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect(await world.status(id)).toBe('succeeded');
  expect(deaths).toBeLessThan(0);
  expect(await builtFacts()).toHaveLength(1);
  expect((await world.ports.artifacts.builds('shop', { limit: 10 })).items).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'known')).toEqual([]);
});
