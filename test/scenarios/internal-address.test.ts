import { afterEach, expect, it } from 'vitest';
import type { StepRequest } from '../../shared/ports/deployer.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { readProof } from '../fixtures/read-proof.ts';
import { createScenario, imageSource, repository, type Scenario } from '../fixtures/scenario.ts';
import { deployed } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

it('the target is handed the internal name, the proof and the head keep the public one', async () => {
  const asked: StepRequest[] = [];
  world = await createScenario(tables);
  await world.ports.accounts.save({
    name: 'main',
    type: 'registry',
    host: 'registry.local',
    internalHost: 'registry.internal',
    insecure: false,
    updatedAt: 0,
    rev: 0,
  });
  world.webhook.script('*', (request) => {
    asked.push(request);
    return deployed(request);
  });
  const go = {
    step: 'webhook',
    with: { url: 'https://x.example/', body: { image: '$[sources.image]' } },
    publishes: 'it',
  };
  await world.put({
    name: 'shop',
    sources: imageSource,
    stages: { prod: { environment: 'prod', useInternalAddress: true, steps: { go } } },
  });
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect(await world.status(id)).toBe('succeeded');
  expect(asked.map((request) => request.with.body)).toEqual([{ image: `registry.internal/team/shop@${digest}` }]);
  expect(asked[0]?.artifacts).toMatchObject([{ name: repository, reference: `registry.internal/team/shop@${digest}` }]);
  const node = (await world.ports.executions.nodes(id, ['prod/main/go'])).get('prod/main/go');
  expect(node).toMatchObject({ repository, wanted: digest, observed: digest });
  expect(node?.artifacts).toMatchObject([
    { name: 'it', artifact: { name: repository, reference: `${repository}@${digest}` } },
  ]);
  expect((await world.ports.environments.heads('prod', 'shop')).map((head) => head.repository)).toEqual([repository]);
  const written = JSON.stringify(readProof(await world.ports.executions.proof(id, 1)).predicate);
  expect(written).toContain(repository);
  expect(written).not.toContain('registry.internal');
});

it('without an account that names an internal host the step fails and says so', async () => {
  world = await createScenario(tables);
  const go = { step: 'directory', useInternalAddress: true, with: { path: 'x', image: '$[sources.image]' } };
  await world.put({ name: 'shop', sources: imageSource, stages: { prod: { steps: { go } } } });
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect(await world.faults(id)).toMatchObject({ 'prod/main/go': 'internalAddressUnknown' });
  expect(world.directory.calls).toEqual([]);
});
