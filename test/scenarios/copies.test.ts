import { afterEach, expect, it } from 'vitest';
import { createCopyDeployer } from '../../shared/adapters/deployers/copy/copy.ts';
import { imageArtifact } from '../../shared/domain/artifact-identity.ts';
import { addFact } from '../../shared/flows/intake/add-fact.ts';
import { mayPipelinePush } from '../../shared/flows/may-pipeline-push.ts';
import type { ImageStates } from '../../shared/ports/image-states.ts';
import type { RegistryClient } from '../../shared/ports/registry-client.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { ociImage, ociIndex } from '../fixtures/oci-image.ts';
import { approvalGate, createScenario, imageSource, repository, type Scenario } from '../fixtures/scenario.ts';
import { scriptedStep } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const copied = 'registry.local/prod/shop';
const copy = { step: 'copy', with: { image: '$[sources.image]', to: copied, tags: ['live'] }, publishes: 'copy' };
const use = { step: 'directory', with: { path: 'x', image: '$[stages.bring.main.copy.artifacts.copy]' } };
const file = {
  name: 'shop',
  sources: imageSource,
  stages: { bring: { steps: { copy } }, prod: { environment: 'prod', needs: ['bring'], steps: { use } } },
};

/** The world's own registry, which exists only once the world does. */
async function withCopies(): Promise<Scenario> {
  let client: RegistryClient | undefined;
  const deployer = scriptedStep('copy');
  deployer.script('*', (request) => {
    if (client === undefined) throw new Error('the world is not there yet');
    return createCopyDeployer({
      registry: client,
      clock: { now: () => 0 },
      mayPush: (pipeline, to) => mayPipelinePush(world.ports, pipeline, to),
    }).run(request);
  });
  world = await createScenario(tables, { deployers: { copy: deployer } });
  client = world.registry.registry.client;
  return world;
}

it('a copy is deployed under its new name and the same digest; a platform of its index is the same image', async () => {
  await withCopies();
  const arm = ociImage({ x: 'arm' }, { platform: { os: 'linux', architecture: 'arm64' } });
  const index = ociIndex([ociImage({ x: 'amd' }), arm]);
  world.directory.script('*', () => ({ kind: 'done', observed: arm.digest, artifacts: [] }));
  await world.put(file);
  await world.push('team/shop', 'shop-V1', index);
  const [id = ''] = await world.executions('shop');
  expect(await world.faults(id)).toEqual({});
  expect(world.directory.calls.map((call) => call.with.image)).toEqual([`${copied}@${index.digest}`]);
  expect(await world.headOf('prod')).toMatchObject([['prod/main/use', index.digest, id]]);
  expect((await world.registry.registry.client.resolveTag(copied, 'live')).digest).toBe(index.digest);
});

it('what is rejected under the first name is not deployed under the second', async () => {
  await withCopies();
  const prod = { environment: 'prod', needs: ['bring'], gates: [approvalGate()], steps: { use } };
  await world.put({ ...file, stages: { ...file.stages, prod } });
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  const [approval] = await world.pending('prod');
  const { uuid } = imageArtifact({ repository, digest }, world.ports.sha1);
  const source = { receiver: 'api', trusted: true, at: world.ports.clock.now() };
  await addFact(world.ports, uuid, { source, body: { kind: 'rejected', reason: 'a hole' } });
  await world.decide(approval);
  expect(await world.faults(id)).toMatchObject({ prod: 'rejected' });
  expect(world.directory.calls).toEqual([]);
});

it('a repository of another team takes no copy', async () => {
  await withCopies();
  const theirs = { image: { type: 'registry', repository: copied } };
  await world.put({ name: 'theirs', owners: ['others'], sources: theirs, stages: { s: { gates: [approvalGate()] } } });
  await world.put(file);
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect(await world.faults(id)).toMatchObject({ 'bring/main/copy': 'registryDenied' });
});

it.each([
  ['archived', 'imageArchived'],
  ['activating', 'imageArchived'],
  ['active', undefined],
  ['unknown', undefined],
] as const)('an image that is %s before its deployment', async (state, code) => {
  const asked: string[] = [];
  const imageStates: ImageStates = {
    async read(name, digest) {
      asked.push(`${name}@${digest}`);
      return state;
    },
  };
  world = await createScenario(tables, { wrap: (ports) => ({ ...ports, imageStates }) });
  const go = { step: 'directory', with: { path: 'x', image: '$[sources.image]' } };
  await world.put({ name: 'shop', sources: imageSource, stages: { prod: { steps: { go } } } });
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect((await world.faults(id))['prod/main/go']).toBe(code);
  expect(world.directory.calls).toHaveLength(code === undefined ? 1 : 0);
  expect(asked).toEqual([`${repository}@${digest}`]);
});
