import { afterEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../shared/domain/json.ts';
import { retryExecution } from '../../shared/flows/retry-execution.ts';
import { startManually } from '../../shared/flows/start-manually.ts';
import type { StepAnswer } from '../../shared/ports/deployer.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { createScenario, imageSource, repository, type Scenario } from '../fixtures/scenario.ts';
import { failedStep } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const hook = { step: 'webhook', with: { url: 'https://x.example/' } };
const none: StepAnswer = { kind: 'done', artifacts: [] };

function config(name: string, more: JsonObject = {}): JsonObject {
  return { type: 's3/object', name: `s3://cfg/${name}`, reference: `s3://cfg/${name}`, ...more };
}

function expecting(id: string, more: JsonObject = {}): JsonObject {
  return { id, matchArtifact: { type: 's3/object', name: `s3://cfg/${id}` }, ...more };
}

function artifactOf(name: string, version = '1') {
  const written = { type: 's3/object', name: `s3://cfg/${name}`, version, reference: `s3://cfg/${name}` };
  return { artifact: { ...written, metadata: {}, uuid: `${name}-${version}` } };
}

/** Puts a pipeline with these stages, runs it by hand with these artifacts. */
async function run(file: JsonObject, artifacts: readonly JsonObject[] = []): Promise<string> {
  await world.put({ name: 'shop', sources: {}, ...file });
  return runAgain(artifacts);
}

async function runAgain(artifacts: readonly JsonObject[] = []): Promise<string> {
  const start = { caller: world.admin, pipeline: 'shop', body: { artifacts } };
  const answer = await startManually(world.ports, start);
  await world.settle();
  if (answer.kind !== 'started') throw new Error(JSON.stringify(answer));
  return answer.executionId;
}

async function stage(id: string, name: string) {
  return (await world.ports.executions.nodes(id, [name])).get(name);
}

function bodies(): readonly (readonly string[])[] {
  return world.webhook.calls.map((call) =>
    call.artifacts.map((one) => `${one.name.slice(9)}${one.artifactAccount ?? ''}`),
  );
}

/** Section 5 of the reference. */
describe('what a stage expects', () => {
  const publish = (stages: Json, expectedArtifacts: readonly JsonObject[] = []) => ({
    stages,
    expectedArtifacts: [...expectedArtifacts],
  });

  it('is bound once its steps have ended: the first match of its own, then of those before, then of the trigger', async () => {
    world = await createScenario(tables);
    world.webhook.script('a/main/go', () => ({
      kind: 'done',
      artifacts: [artifactOf('x', 'a'), artifactOf('y', 'a')],
    }));
    world.webhook.script('b/main/go', () => ({ kind: 'done', artifacts: [artifactOf('x', 'b')] }));
    world.webhook.script('beside/main/go', () => ({ kind: 'done', artifacts: [artifactOf('x', 'beside')] }));
    const stages = {
      a: { steps: { go: hook } },
      beside: { steps: { go: hook } },
      b: { needs: ['a'], steps: { go: hook }, expectedArtifacts: [expecting('x'), expecting('y'), expecting('z')] },
    };
    const id = await run(publish(stages), [config('z', { version: 'trigger' }), config('x', { version: 'trigger' })]);
    expect(await world.status(id)).toBe('succeeded');
    expect((await stage(id, 'b'))?.bound?.map((one) => [one.id, one.from, one.artifact.version])).toEqual([
      ['x', 'received', 'b'],
      ['y', 'received', 'a'],
      ['z', 'received', 'trigger'],
    ]);
  });

  it('may be its default, and is not asked of the run before', async () => {
    world = await createScenario(tables);
    const withDefault = expecting('d', { useDefaultArtifact: true, defaultArtifact: config('made') });
    const stages = { a: { steps: { go: hook }, expectedArtifacts: [withDefault] } };
    const first = await run(publish(stages), [config('p')]);
    expect((await stage(first, 'a'))?.bound).toMatchObject([
      { id: 'd', from: 'default', artifact: { name: 's3://cfg/made' } },
    ]);
    world.pass(1000);
    const prior = { a: { steps: { go: hook }, expectedArtifacts: [expecting('p', { usePriorArtifact: true })] } };
    const second = await run(publish(prior));
    expect(await world.faults(second)).toMatchObject({ a: 'unmatched-expected-artifact' });
  });

  it('and is not there fails the stage and what needs it, not its steps; a retry binds it anew', async () => {
    world = await createScenario(tables);
    world.webhook.script('*', () => none);
    const stages = {
      a: { steps: { go: hook }, expectedArtifacts: [expecting('x')] },
      b: { needs: ['a'], steps: { go: hook } },
    };
    const id = await run(publish(stages));
    expect(await world.statuses(id)).toMatchObject({ 'a/main/go': 'succeeded', a: 'failed', b: 'skipped' });
    const message = (await stage(id, 'a'))?.error?.message;
    expect(message).toMatch(/^Expected artifact "x" .* was not matched: there was no artifact to take\./);
    await retryExecution(world.ports, { id, by: 'alice' });
    await world.settle();
    expect(await world.faults(id)).toMatchObject({ a: 'unmatched-expected-artifact' });
    expect(world.webhook.keys()).toHaveLength(1);
  });

  it('is an image with its digest', async () => {
    world = await createScenario(tables);
    const digest = await world.pushTag('v1');
    const image = { type: 'docker/image', name: repository, version: 'v1', reference: `${repository}:v1` };
    const stages = { a: { steps: { go: hook }, expectedArtifacts: [{ id: 'i', matchArtifact: { version: 'v.*' } }] } };
    const id = await run(publish(stages), [image]);
    expect((await stage(id, 'a'))?.bound).toMatchObject([{ artifact: { version: digest } }]);
  });
});

describe('what a stage consumes', () => {
  it('is found when it is entered, by the nearest expectation, and goes to its webhooks', async () => {
    world = await createScenario(tables);
    world.webhook.script('a/main/go', () => ({ kind: 'done', artifacts: [artifactOf('x', 'a')] }));
    const stages: Json = {
      a: { steps: { go: hook }, expectedArtifacts: [expecting('x')] },
      b: {
        needs: ['a'],
        steps: { go: hook, again: hook },
        inputArtifacts: [
          { id: 'x', account: '-mine' },
          { id: 'top' },
          { artifact: config('written', { artifactAccount: '-own' }) },
        ],
      },
    };
    const id = await run({ stages, expectedArtifacts: [expecting('top'), expecting('unused')] }, [config('top')]);
    expect(await world.status(id)).toBe('succeeded');
    const given = ['x-mine', 'top', 'written-own'];
    expect(bodies()).toEqual([[], given, given]);
    expect((await stage(id, 'b'))?.inputs?.map(({ version }) => version)).toEqual(['a', undefined, undefined]);
    const [, shown] = (await world.view(id))?.plan.stages ?? [];
    expect(shown?.inputArtifacts).toHaveLength(3);
  });

  it('and is written out is bound when the run starts: the same for every stage and retry', async () => {
    world = await createScenario(tables);
    const digest = await world.pushTag('v1');
    const inputArtifacts: Json = [
      { artifact: { type: 'embedded/base64', name: 'settings', reference: 'aGk=' } },
      { artifact: { type: 'docker/image', name: repository, reference: `${repository}:v1` }, account: 'mine' },
    ];
    world.webhook.script('b/main/go', () => failedStep());
    const stages = {
      a: { steps: { go: hook }, inputArtifacts },
      b: { needs: ['a'], steps: { go: hook }, inputArtifacts },
    };
    const id = await run({ stages });
    await world.pushTag('v1');
    await retryExecution(world.ports, { id, by: 'alice' });
    await world.settle();
    const taken = [
      { type: 'remote/base64', reference: expect.stringMatching(/^ref:\/\/shop\/[0-9a-f]{64}$/) },
      { type: 'docker/image', version: digest, artifactAccount: 'mine' },
    ];
    expect(world.webhook.calls.map(({ artifacts }) => artifacts)).toMatchObject([taken, taken, taken]);
  });

  it('and is not bound fails the stage before its steps', async () => {
    world = await createScenario(tables);
    const stages = { a: { steps: { go: hook }, inputArtifacts: [{ id: 'top', artifact: config('stub') }] } };
    const id = await run({ stages, expectedArtifacts: [expecting('top')] });
    expect(await world.faults(id)).toMatchObject({ a: 'artifactNotFound' });
    expect((await stage(id, 'a'))?.error?.message).toMatch(
      /^Input artifact \(id: top, account: \) could not be found in execution/,
    );
    expect(world.webhook.calls).toEqual([]);
  });

  it('is not that of a stage further off where a nearer one is not bound', async () => {
    world = await createScenario(tables);
    world.webhook.script('*', (request) => (request.stage === 'a' ? failedStep() : none));
    const stages = {
      a: { steps: { go: hook }, expectedArtifacts: [expecting('x')] },
      b: { needs: ['a'], when: 'always', steps: { go: hook }, inputArtifacts: [{ id: 'x' }] },
    };
    const id = await run({ stages, expectedArtifacts: [expecting('x')] }, [config('x')]);
    expect(await world.faults(id)).toMatchObject({ b: 'artifactNotFound' });
  });

  it('is referred to as a source is', async () => {
    world = await createScenario(tables);
    const step = { step: 'webhook', with: { url: 'https://x.example/', body: { file: '$[sources.top.version]' } } };
    const id = await run({ stages: { a: { steps: { go: step } } }, expectedArtifacts: [expecting('top')] }, [
      config('top', { version: '7' }),
    ]);
    expect(world.webhook.calls.map((call) => call.with.body)).toEqual([{ file: '7' }]);
    const unbound = await runAgain();
    expect([await world.status(id), await world.faults(unbound)]).toMatchObject([
      'succeeded',
      { 'a/main/go': 'artifactNotFound' },
    ]);
  });
});

/** Section 7 of the reference. */
describe('a child', () => {
  const child = (more: JsonObject = {}) => ({
    name: 'child',
    sources: {},
    stages: { only: { steps: { go: hook } } },
    ...more,
  });
  const start = (more: JsonObject = {}) => ({ step: 'pipeline', with: { pipeline: 'child', ...more } });

  async function family(file: JsonObject, step: JsonObject, artifacts: readonly JsonObject[], more: JsonObject = {}) {
    world = await createScenario(tables);
    world.webhook.script('*', () => none);
    world.webhook.script('pre/main/go', () => ({ kind: 'done', artifacts: [artifactOf('built')] }));
    await world.put(child(file));
    const stages = { pre: { steps: { go: hook } }, next: { needs: ['pre'], steps: { start: step } }, ...more };
    const id = await run({ stages }, artifacts);
    const [childId = ''] = await world.executions('child');
    return { id, childId, childRun: await world.ports.executions.find(childId) };
  }

  it('receives what the stage sees, and binds what of it it expects', async () => {
    const expectedArtifacts = [expecting('built'), expecting('given'), expecting('nobody')];
    const { id, childRun } = await family({ expectedArtifacts }, start(), [config('given')]);
    expect(childRun?.bound.map((one) => [one.id, one.from])).toEqual([
      ['built', 'received'],
      ['given', 'received'],
    ]);
    expect(childRun?.trigger).toMatchObject({
      type: 'pipeline',
      parent: { executionId: id, pipeline: 'shop', node: 'next/main/start' },
    });
  });

  it('receives only what is written, where something is', async () => {
    const step = start({ artifacts: ['$[stages.pre.main.go.artifacts.default]'] });
    const { childRun } = await family({ expectedArtifacts: [expecting('built'), expecting('given')] }, step, [
      config('given'),
    ]);
    expect(childRun?.bound.map((one) => one.id)).toEqual(['built']);
  });

  it('that cannot be bound is a failed run, and the step fails with its reason', async () => {
    const ambiguous = { id: 'any', matchArtifact: { type: 's3/object' } };
    const { id, childId, childRun } = await family({ expectedArtifacts: [ambiguous] }, start(), [config('given')]);
    expect(childRun).toMatchObject({ status: 'failed', error: { code: 'multiple-matches' } });
    expect(await world.faults(id)).toMatchObject({ 'next/main/start': 'multiple-matches' });
    const node = await stage(id, 'next/main/start');
    expect(node?.error?.message).toMatch(new RegExp(`^${childId} could not start: `));
  });

  it.each([
    [false, ['child', 'made']],
    [true, []],
  ])(
    'gives its artifacts back, bound ones by their ids, unless skipDownstreamOutput is %s',
    async (skipDownstreamOutput, names) => {
      const made = expecting('made', { useDefaultArtifact: true, defaultArtifact: config('made') });
      const stages = {
        only: { steps: { go: { ...hook, publishes: 'child' } }, expectedArtifacts: [made, expecting('out')] },
      };
      world = await createScenario(tables);
      world.webhook.script('only/main/go', () => ({
        kind: 'done',
        artifacts: [{ name: 'child', ...artifactOf('out') }],
      }));
      await world.put(child({ stages }));
      const step = start({ wait: true, skipDownstreamOutput });
      const id = await run({ stages: { next: { steps: { start: step } } } }, [config('given')]);
      expect(await world.status(id)).toBe('succeeded');
      expect((await stage(id, 'next/main/start'))?.artifacts?.map((one) => one.name)).toEqual(names);
    },
  );

  it('that would start its parent again is stopped', async () => {
    world = await createScenario(tables);
    world.webhook.script('*', () => none);
    await world.put(child());
    await world.put({ name: 'shop', sources: {}, stages: { next: { steps: { start: start() } } } });
    // As saved before there was a circle: the check when a file is put cannot see what is saved at once elsewhere.
    const version = await world.ports.pipelines.version(
      'child',
      (await world.ports.pipelines.head('child'))?.version ?? '',
    );
    if (version === undefined) throw new Error('no child');
    const back = { step: 'pipeline', with: { pipeline: 'shop' } };
    const [only] = version.definition.stages;
    const [job] = only?.jobs ?? [];
    if (only === undefined || job === undefined) throw new Error('no stage');
    const steps = [{ id: 'back', ...back, when: 'success' as const, useInternalAddress: false }];
    const forged = {
      ...version,
      version: 'feedfeedfeed',
      definition: { ...version.definition, stages: [{ ...only, jobs: [{ ...job, steps }] }] },
    };
    await world.ports.pipelines.putVersion(forged);
    const head = await world.ports.pipelines.head('child');
    if (head === undefined) throw new Error('no head');
    await world.ports.pipelines.saveHead({ ...head, version: 'feedfeedfeed' });
    await runAgain();
    expect(await world.executions('shop')).toHaveLength(1);
    const [childId = ''] = await world.executions('child');
    expect(await stage(childId, 'only/main/back')).toMatchObject({
      error: { code: 'pipelineCircle', message: 'A circle: shop started child started shop; it would never end.' },
    });
  });
});

describe('after a success', () => {
  it('the follower receives all that the run had, and binds what of it it expects', async () => {
    world = await createScenario(tables);
    world.webhook.script('*', () => ({ kind: 'done', artifacts: [artifactOf('built')] }));
    const up = { type: 'pipeline', pipeline: 'shop', on: ['buildSuccess'] };
    const expectedArtifacts = [expecting('built'), expecting('given'), expecting('nobody')];
    await world.put({ name: 'after', sources: { up }, stages: { only: { steps: { go: hook } } }, expectedArtifacts });
    const id = await run({ stages: { pre: { steps: { go: hook } } } }, [config('given')]);
    const [followerId = ''] = await world.executions('after');
    const follower = await world.ports.executions.find(followerId);
    expect(follower?.bound.map((one) => one.id)).toEqual(['up', 'built', 'given']);
    expect(follower?.trigger).toMatchObject({ type: 'build', parent: { executionId: id, pipeline: 'shop' } });
    expect(await world.status(followerId)).toBe('succeeded');
  });
});

it('an image of a source goes along as before', async () => {
  world = await createScenario(tables);
  await world.put({ name: 'shop', sources: imageSource, stages: { a: { steps: { go: hook } } } });
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect((await world.ports.executions.find(id))?.trigger.artifacts.map(({ version }) => version)).toEqual([digest]);
});
