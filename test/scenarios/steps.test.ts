import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { imageArtifact } from '../../shared/domain/artifact-identity.ts';
import type { Digest } from '../../shared/domain/digest.ts';
import type { CallbackAnswer } from '../../shared/domain/execution.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Json } from '../../shared/domain/json.ts';
import { answerCallback } from '../../shared/flows/answer-callback.ts';
import { cancelExecution } from '../../shared/flows/cancel-execution.ts';
import { retryExecution } from '../../shared/flows/retry-execution.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { digestOf, ociImage, pushImage } from '../fixtures/oci-image.ts';
import { approvalGate, createScenario, deploy, imageSource, repository, type Scenario } from '../fixtures/scenario.ts';
import { deployed, failedStep } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const hook = { step: 'webhook', with: { url: 'https://x.example/' } };
const fails = { step: 'webhook', with: { url: 'https://x.example/fails' } };

/** Puts these stages, pushes, answers the execution. `fails` steps fail. */
async function run(stages: Json, extra: Record<string, Json> = {}): Promise<string> {
  world = await createScenario(tables);
  world.webhook.script('*', (request) =>
    String(request.with.url).endsWith('fails') ? failedStep() : { kind: 'done', artifacts: [] },
  );
  await world.put({ name: 'shop', sources: imageSource, stages, ...extra });
  await world.pushTag('shop-V1');
  return (await world.executions('shop'))[0] ?? '';
}

describe('when', () => {
  it.each([
    ['success', 'succeeded', 'skipped'],
    ['failure', 'skipped', 'succeeded'],
    ['always', 'succeeded', 'succeeded'],
  ])('%s on a stage', async (when, afterSuccess, afterFailure) => {
    const id = await run({
      good: { steps: { go: hook } },
      bad: { steps: { go: fails } },
      onGood: { needs: ['good'], when, steps: { go: hook } },
      onBad: { needs: ['bad'], when, steps: { go: hook } },
      onBoth: { needs: ['good', 'bad'], when, steps: { go: hook } },
    });
    expect(await world.statuses(id)).toMatchObject({ onGood: afterSuccess, onBad: afterFailure, onBoth: afterFailure });
    expect(await world.status(id)).toBe('failed');
  });

  it.each([
    ['success', 'succeeded', 'skipped'],
    ['failure', 'skipped', 'succeeded'],
    ['always', 'succeeded', 'succeeded'],
  ])('%s on a job', async (when, afterSuccess, afterFailure) => {
    const id = await run({
      s: {
        jobs: {
          good: { steps: { go: hook } },
          bad: { steps: { go: fails } },
          onGood: { needs: ['good'], when, steps: { go: hook } },
          onBad: { needs: ['bad'], when, steps: { go: hook } },
        },
      },
    });
    expect(await world.statuses(id)).toMatchObject({ 's/onGood': afterSuccess, 's/onBad': afterFailure, s: 'failed' });
  });

  it('on steps: after a failure the later ones are skipped but the handlers, and the job still counts as failed', async () => {
    const id = await run({
      s: {
        steps: {
          first: { ...hook, when: 'failure' },
          bad: fails,
          later: hook,
          handler: { ...hook, when: 'failure' },
          last: { ...hook, when: 'always' },
        },
      },
    });
    expect(await world.statuses(id)).toMatchObject({
      's/main/first': 'skipped',
      's/main/bad': 'failed',
      's/main/later': 'skipped',
      's/main/handler': 'succeeded',
      's/main/last': 'succeeded',
      's/main': 'failed',
      s: 'failed',
    });
    expect(await world.faults(id)).toMatchObject({ s: 'stepFailed', 's/main': 'stepFailed' });
    expect((await world.ports.executions.find(id))?.error?.code).toBe('stepFailed');
  });

  it('skipped does not count as failed', async () => {
    const id = await run({
      bad: { steps: { go: fails } },
      skipped: { needs: ['bad'], steps: { go: hook } },
      handler: { needs: ['skipped'], when: 'failure', steps: { go: hook } },
      end: { needs: ['handler'], when: 'always', steps: { go: hook } },
    });
    expect(await world.statuses(id)).toMatchObject({ skipped: 'skipped', handler: 'skipped', end: 'succeeded' });
  });
});

it('a step that throws what no retry helps against ends by that, after one call', async () => {
  world = await createScenario(tables);
  world.directory.script('*', () => {
    throw new Failure(world.directory.calls.length === 1 ? 'targetRefused' : 'tagExists', 'no');
  });
  await world.put({ name: 'shop', sources: imageSource, stages: { one: { steps: deploy('one') } } });
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  expect(await world.faults(id)).toMatchObject({ 'one/main/deploy': 'targetRefused' });
  expect(world.directory.calls).toHaveLength(1);
});

describe('order', () => {
  it('stages and jobs wait for what they refer to, although no needs are written', async () => {
    const id = await run({
      late: {
        steps: { go: { step: 'directory', with: { path: 'l', image: '$[stages.early.b.deploy.artifacts.default]' } } },
      },
      early: {
        jobs: {
          b: {
            steps: { deploy: { step: 'directory', with: { path: 'b', image: '$[jobs.a.deploy.artifacts.default]' } } },
          },
          a: { steps: deploy('a') },
        },
      },
    });
    expect(await world.status(id)).toBe('succeeded');
    expect(world.directory.calls.map((call) => call.with.path)).toEqual(['a', 'b', 'l']);
  });

  it('stages without needs start at once, each in its turn or not', async () => {
    const id = await run({ a: { steps: { go: hook } }, b: { gates: [approvalGate()] }, c: { steps: { go: hook } } });
    expect(await world.statuses(id)).toMatchObject({ a: 'succeeded', b: 'waiting', c: 'succeeded' });
  });

  it('a checkpoint without steps asks about what is bound and lets through', async () => {
    const id = await run({
      check: { gates: [approvalGate()] },
      prod: { needs: ['check'], environment: 'prod', steps: deploy('prod') },
    });
    const [approval] = await world.pending('check');
    expect(approval?.artifacts.map((one) => [one.name, one.tag])).toEqual([[repository, 'shop-V1']]);
    expect(world.directory.calls).toEqual([]);
    await world.decide(approval);
    expect(await world.status(id)).toBe('succeeded');
  });
});

describe('webhook with wait', () => {
  const waits = {
    step: 'webhook',
    with: { url: 'https://x.example/', wait: { timeout: '1h' }, body: '$[sources.image]' },
  };

  async function waiting(more: Record<string, Json> = {}): Promise<string> {
    world = await createScenario(tables);
    world.webhook.script('*', (request) => ({ kind: 'wait', why: 'callback', until: request.startedAt + 3_600_000 }));
    const stages = { prod: { environment: 'prod', steps: { go: waits, ...more } } };
    await world.put({ name: 'shop', sources: imageSource, stages });
    await world.pushTag('shop-V1');
    return (await world.executions('shop'))[0] ?? '';
  }

  async function answer(id: string, body: Partial<CallbackAnswer>, attempt = 1) {
    const token = await world.ports.signer.mac(`${id}/prod/main/go/${attempt}`);
    const given = { status: 'succeeded' as const, bodyHash: JSON.stringify(body), ...body };
    const { kind } = await answerCallback(world.ports, { token, answer: given });
    await world.settle();
    return kind;
  }

  async function bound(id: string): Promise<Digest | undefined> {
    return (await world.ports.executions.nodes(id, ['prod/main/go'])).get('prod/main/go')?.wanted;
  }

  it('ends by its callback: same body again, another body, after the end', async () => {
    const id = await waiting();
    expect((await world.statuses(id))['prod/main/go']).toBe('waiting');
    expect(await answer(id, {})).toBe('accepted');
    expect(await world.status(id)).toBe('succeeded');
    expect(await answer(id, {})).toBe('repeated');
    expect(await answer(id, { status: 'failed' })).toBe('gone');
    expect(await world.status(id)).toBe('succeeded');
    expect(await world.headOf('prod')).toEqual([]);
  });

  it('keeps the first answer: another body before the end is a conflict', async () => {
    const id = await waiting();
    const node = (await world.ports.executions.nodes(id, ['prod/main/go'])).get('prod/main/go');
    if (node?.callback === undefined) throw new Error('it does not wait');
    const first = { status: 'succeeded' as const, bodyHash: 'one', at: 0 };
    await world.ports.executions.saveNode({ ...node, callback: { ...node.callback, answer: first } });
    expect(await answer(id, { bodyHash: 'two' })).toBe('conflict');
    expect(await answer(id, { bodyHash: 'one' })).toBe('repeated');
    expect(await world.status(id)).toBe('succeeded');
  });

  it('takes an answer that is faster than the note that it waits, and sends once', async () => {
    world = await createScenario(tables);
    world.webhook.script('*', async (request) => {
      const token = await world.ports.signer.mac(request.key);
      const given = { status: 'succeeded' as const, observed: request.wanted, bodyHash: 'a' };
      expect((await answerCallback(world.ports, { token, answer: given })).kind).toBe('accepted');
      return { kind: 'wait', why: 'callback', until: request.startedAt + 3_600_000 };
    });
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: { prod: { environment: 'prod', steps: { go: waits } } },
    });
    const digest = await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    expect(await world.status(id)).toBe('succeeded');
    expect(world.webhook.calls).toHaveLength(1);
    expect((await world.headOf('prod')).map((head) => head[1])).toEqual([digest]);
  });

  it('what it says was observed moves the head', async () => {
    const id = await waiting();
    const digest = await bound(id);
    await answer(id, { observed: digest });
    expect((await world.headOf('prod')).map((head) => head[1])).toEqual([digest]);
  });

  it('another digest than wanted is digestMismatch and moves nothing', async () => {
    const id = await waiting();
    await answer(id, { observed: digestOf('other') });
    expect(await world.faults(id)).toMatchObject({ 'prod/main/go': 'digestMismatch' });
    expect(await world.headOf('prod')).toEqual([]);
  });

  it('its failure is the step’s, with its reason', async () => {
    const id = await waiting();
    await answer(id, { status: 'failed', reason: 'no room' });
    const node = (await world.ports.executions.nodes(id, ['prod/main/go'])).get('prod/main/go');
    expect(node?.error).toEqual({ code: 'stepFailed', message: 'no room' });
  });

  it('names its own artifacts for the steps after it', async () => {
    const id = await waiting({
      then1: { step: 'directory', with: { path: 'p', image: '$[jobs.main.go.artifacts.built]' } },
    });
    const image = ociImage({ 'index.html': 'built' });
    await pushImage(image, { baseUrl: world.registry.baseUrl, repository: 'team/shop' });
    const artifact = imageArtifact({ repository, digest: image.digest }, (bytes) =>
      createHash('sha1').update(bytes).digest(),
    );
    await answer(id, { artifacts: [{ name: 'built', artifact }] });
    expect(await world.status(id)).toBe('succeeded');
    expect(world.directory.calls.map((call) => call.wanted)).toEqual([image.digest]);
  });

  it('ends as stepTimeout when nobody answers in time', async () => {
    const id = await waiting();
    world.pass(3_600_000);
    expect(await answer(id, {})).toBe('gone');
    await world.sweep();
    await world.settle();
    expect(await world.faults(id)).toMatchObject({ 'prod/main/go': 'stepTimeout' });
  });

  it('an earlier attempt’s token says nothing about a later attempt', async () => {
    const id = await waiting();
    await cancelExecution(world.ports, { id, by: 'alice' });
    await world.settle();
    expect(await answer(id, {})).toBe('gone');
    await retryExecution(world.ports, { id, by: 'alice' });
    await world.settle();
    expect((await world.statuses(id))['prod/main/go']).toBe('waiting');
    expect(await answer(id, { bodyHash: 'late' })).toBe('gone');
    expect((await world.statuses(id))['prod/main/go']).toBe('waiting');
    expect(await answer(id, { bodyHash: 'right' }, 2)).toBe('accepted');
    expect(await world.status(id)).toBe('succeeded');
  });
});

describe('polling', () => {
  it('asks again after 5, 10, 20 … s with what it remembered, and ends when the target is ready', async () => {
    world = await createScenario(tables);
    world.directory.script('*', (request) =>
      request.polls < 3 ? { kind: 'poll', memory: { seen: request.polls } } : deployed(request),
    );
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: { prod: { environment: 'prod', steps: deploy('p') } },
    });
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    for (const [delay, calls] of [
      [5000, 1],
      [10_000, 2],
      [20_000, 3],
    ] as const) {
      expect(world.directory.calls).toHaveLength(calls);
      world.pass(delay - 1);
      await world.settle();
      expect(world.directory.calls).toHaveLength(calls);
      world.pass(1);
      await world.settle();
    }
    expect(world.directory.calls.map((call) => call.memory)).toEqual([
      undefined,
      { seen: 0 },
      { seen: 1 },
      { seen: 2 },
    ]);
    expect(world.directory.keys()).toHaveLength(1);
    expect(await world.status(id)).toBe('succeeded');
  });
});

describe('pipeline', () => {
  const child = {
    name: 'child',
    sources: { image: { ...imageSource.image, on: [] } },
    stages: {
      only: {
        environment: 'e',
        gates: [approvalGate()],
        steps: { deploy: { ...deploy('c').deploy, publishes: 'app' } },
      },
    },
  };

  async function parent(wait: Json): Promise<{ id: string; childId: string; digest: Digest }> {
    world = await createScenario(tables);
    await world.put(child);
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: {
        one: {
          steps: { go: { step: 'pipeline', with: { pipeline: 'child', artifacts: ['$[sources.image]'], wait } } },
        },
        two: {
          steps: { after: { step: 'directory', with: { path: 'p', image: '$[stages.one.main.go.artifacts.app]' } } },
        },
      },
    });
    const digest = await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    const [childId = ''] = await world.executions('child');
    return { id, childId, digest };
  }

  it('with wait takes the child’s artifacts as its own', async () => {
    const { id, childId, digest } = await parent({ timeout: '2h' });
    expect((await world.ports.executions.find(childId))?.bound.map((one) => one.artifact.version)).toEqual([digest]);
    expect((await world.statuses(id))['one/main/go']).toBe('waiting');
    await world.decide(await world.approval(childId, 'only'));
    expect([await world.status(childId), await world.status(id)]).toEqual(['succeeded', 'succeeded']);
    expect(world.directory.calls.map((call) => [call.pipeline, call.wanted])).toEqual([
      ['child', digest],
      ['shop', digest],
    ]);
  });

  it('with wait takes the child’s failure as its own', async () => {
    const { id, childId } = await parent(true);
    await world.decide(await world.approval(childId, 'only'), 'reject');
    expect(await world.faults(id)).toMatchObject({ 'one/main/go': 'stepFailed', one: 'stepFailed' });
  });

  it('cancels the child with the parent', async () => {
    const { id, childId } = await parent(true);
    await cancelExecution(world.ports, { id, by: 'alice' });
    await world.settle();
    expect([await world.status(childId), await world.status(id)]).toEqual(['cancelled', 'cancelled']);
  });

  it('after a retry waits for its new child: the end of the earlier one is not its answer', async () => {
    world = await createScenario(tables);
    const go = { step: 'pipeline', with: { pipeline: 'child', artifacts: ['$[sources.image]'], wait: true } };
    const held = Promise.withResolvers<void>();
    world.directory.script('only/main/deploy', async (request) => {
      if (world.directory.calls.length === 1) await held.promise;
      return deployed(request);
    });
    await world.put({ ...child, stages: { only: { steps: deploy('c') } }, concurrency: 'parallel' });
    await world.put({ name: 'shop', sources: imageSource, stages: { one: { steps: { go } } } });
    const pushing = world.pushTag('shop-V1');
    await expect.poll(() => world.directory.calls.length, { timeout: 15_000 }).toBe(1);
    const [id = ''] = await world.executions('shop');
    const cancelling = cancelExecution(world.ports, { id, by: 'alice' });
    await cancelling;
    await expect.poll(() => world.status(id), { timeout: 15_000 }).toBe('cancelled');
    world.directory.script('only/main/deploy', async () => ({ kind: 'poll', memory: {} }));
    world.pass(1000);
    await retryExecution(world.ports, { id, by: 'alice' });
    await expect.poll(async () => (await world.statuses(id))['one/main/go'], { timeout: 15_000 }).toBe('waiting');
    held.resolve();
    await pushing;
    const [earlier = '', later = ''] = await world.executions('child');
    expect([await world.status(earlier), await world.status(later)]).toEqual(['succeeded', 'running']);
    expect(await world.statuses(id)).toMatchObject({ 'one/main/go': 'waiting' });
    world.directory.script('only/main/deploy', deployed);
    world.pass(5000);
    await world.settle();
    expect([await world.status(later), await world.status(id)]).toEqual(['succeeded', 'succeeded']);
  });

  it('without wait goes on at once', async () => {
    world = await createScenario(tables);
    await world.put(child);
    const go = { step: 'pipeline', with: { pipeline: 'child', artifacts: ['$[sources.image]'] } };
    await world.put({ name: 'shop', sources: imageSource, stages: { one: { steps: { go } } } });
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    const [childId = ''] = await world.executions('child');
    expect([await world.status(id), await world.status(childId)]).toEqual(['succeeded', 'running']);
  });
});
