import { afterEach, describe, expect, it } from 'vitest';
import { cancelExecution } from '../../shared/flows/cancel-execution.ts';
import { getProof } from '../../shared/flows/get-proof.ts';
import { retryExecution } from '../../shared/flows/retry-execution.ts';
import { findHolders } from '../../shared/flows/run/environment-turn.ts';
import { fixedNow, useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';
import { readProof } from '../fixtures/read-proof.ts';
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
import { deployed, failedStep } from '../fixtures/scripted-step.ts';

const config1 = ociImage({ 'a.yaml': 'a' });
const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

async function cancel(id: string) {
  const answer = await cancelExecution(world.ports, { id, by: 'alice' });
  await world.settle();
  return answer.kind;
}

async function retry(id: string, by = 'alice') {
  const answer = await retryExecution(world.ports, { id, by });
  await world.settle();
  return answer.kind;
}

async function waiting(): Promise<string> {
  world = await createScenario(tables);
  await world.put(shop());
  await world.pushTag('shop-V1');
  return (await world.executions('shop'))[0] ?? '';
}

describe('cancel', () => {
  it('closes approvals, gives places back and ends the execution as cancelled', async () => {
    const id = await waiting();
    const approval = await world.approval(id, 'prod');
    expect(await cancel(id)).toBe('cancelling');
    expect(await world.status(id)).toBe('cancelled');
    expect(await world.statuses(id)).toMatchObject({ pre: 'succeeded', prod: 'cancelled' });
    expect((await world.decide(approval)).kind).toBe('gone');
    expect(await world.ports.environments.arrivals('prod', 'shop')).toEqual([]);
    expect(await findHolders(world.ports, 'prod', 'shop')).toEqual([]);
    expect(await cancel(id)).toBe('ended');
  });

  it('stops at the next effect: what is under way is observed and recorded, nothing follows', async () => {
    world = await createScenario(tables);
    const steps = { ...deploy('one'), second: deploy('two').deploy };
    await world.put({ name: 'shop', sources: imageSource, stages: { prod: { environment: 'prod', steps } } });
    const held = Promise.withResolvers<void>();
    world.directory.script('prod/main/deploy', async (request) => {
      await held.promise;
      return deployed(request);
    });
    const pushing = world.pushTag('shop-V1');
    await eventually(() => world.directory.calls.length).toBe(1);
    const [id = ''] = await world.executions('shop');
    expect((await cancelExecution(world.ports, { id, by: 'alice' })).kind).toBe('cancelling');
    expect((await cancelExecution(world.ports, { id, by: 'alice' })).kind).toBe('cancelling');
    held.resolve();
    await pushing;
    expect(world.directory.keys()).toEqual([`${id}/prod/main/deploy/1`]);
    expect(await world.statuses(id)).toMatchObject({
      prod: 'cancelled',
      'prod/main/deploy': 'succeeded',
      'prod/main/second': 'cancelled',
    });
    expect(await world.status(id)).toBe('cancelled');
    expect(await world.headOf('prod')).toHaveLength(1);
    expect(await findHolders(world.ports, 'prod', 'shop')).toEqual([]);
    const statement = readProof(await world.ports.executions.proof(id, 1));
    expect(statement.predicate.environments.map((one) => one.step)).toEqual(['prod/main/deploy']);
  });

  it('asks the target of a waiting step to cancel, and says in the proof’s evidence that it was under way', async () => {
    world = await createScenario(tables);
    world.webhook.script('*', (request) => ({ kind: 'wait', why: 'callback', until: request.startedAt + 1e9 }));
    const steps = {
      ...deploy('one'),
      go: { step: 'webhook', with: { url: 'https://x.example/', wait: { timeout: '1h' } } },
    };
    await world.put({ name: 'shop', sources: imageSource, stages: { prod: { environment: 'prod', steps } } });
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    await cancel(id);
    expect(world.webhook.cancelled.map((request) => request.key)).toEqual([`${id}/prod/main/go/1`]);
    expect((await world.faults(id))['prod/main/go']).toBe('cancelled');
    const { evidence } = readProof(await world.ports.executions.proof(id, 1)).predicate;
    expect(evidence.map((piece) => [piece.kind, piece.step])).toContainEqual(['cancelled', 'prod/main/go']);
  });

  it('of a queued execution runs nothing', async () => {
    world = await createScenario(tables, {
      wrap: (ports) => ({ ...ports, orchestrator: { ...ports.orchestrator, start: async () => {} } }),
    });
    await world.put(shop());
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    expect(await world.status(id)).toBe('queued');
    await cancel(id);
    await world.engine.start(id, { v: 1, execution: id, machine: id });
    await world.settle();
    expect(await world.status(id)).toBe('cancelled');
    expect(world.directory.calls).toEqual([]);
  });

  it('of a superseded one stops also what superseding lets finish', async () => {
    world = await createScenario(tables);
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: {
        slow: {
          steps: {
            go: { step: 'webhook', with: { url: 'https://x.example/', wait: { timeout: '1h' } } },
            after: { step: 'webhook', with: { url: 'https://x.example/after' } },
          },
        },
        prod: { environment: 'prod', gates: [approvalGate()], steps: deploy('prod') },
      },
    });
    world.webhook.script('slow/main/go', (request) => ({
      kind: 'wait',
      why: 'callback',
      until: request.startedAt + 1e9,
    }));
    await world.pushTag('shop-V1');
    world.pass(1000);
    await world.pushTag('shop-V2');
    const [first = '', second = ''] = await world.executions('shop');
    await world.decide(await world.approval(second, 'prod'));
    expect((await world.ports.executions.find(first))?.stop?.kind).toBe('superseded');
    expect(await world.status(first)).toBe('running');
    expect(await cancel(first)).toBe('cancelling');
    expect(await world.status(first)).toBe('cancelled');
  });
});

describe('retry', () => {
  /** us fails the first time; eu and pre succeed. */
  async function halfFailed(): Promise<string> {
    world = await createScenario(tables);
    world.directory.script('prod/us/deploy', (request) => (request.attempt === 1 ? failedStep() : deployed(request)));
    await world.put(shop({}, { steps: undefined, jobs: { eu: { steps: deploy('eu') }, us: { steps: deploy('us') } } }));
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    await world.decide(await world.approval(id, 'prod'));
    return id;
  }

  it('runs what failed again and not what succeeded, under the next attempt’s key, with approvals asked anew', async () => {
    const id = await halfFailed();
    expect(await world.status(id)).toBe('failed');
    const before = await world.ports.executions.find(id);
    const asked = await world.approval(id, 'prod');
    expect(await retry(id, 'bob')).toBe('retrying');
    const after = await world.ports.executions.find(id);
    expect(after).toMatchObject({ attempt: 2, status: 'running', order: before?.order, bound: before?.bound });
    const again = await world.approval(id, 'prod');
    expect(again?.id).not.toBe(asked?.id);
    expect(again?.status).toBe('pending');
    expect(again?.self).toContain('bob');
    await world.decide(again);
    expect(await world.status(id)).toBe('succeeded');
    expect([...world.directory.keys()].sort()).toEqual([
      `${id}/pre/main/deploy/1`,
      `${id}/prod/eu/deploy/1`,
      `${id}/prod/us/deploy/1`,
      `${id}/prod/us/deploy/2`,
    ]);
    expect(world.directory.calls).toHaveLength(4);
  });

  it('signs one proof per attempt, the later one with all earlier evidence', async () => {
    const id = await halfFailed();
    await retry(id);
    expect(await getProof(world.ports, { caller: world.admin, id })).toEqual({ kind: 'running' });
    await world.decide(await world.approval(id, 'prod'));
    const [first, second] = [
      readProof(await world.ports.executions.proof(id, 1)).predicate,
      readProof(await world.ports.executions.proof(id, 2)).predicate,
    ];
    expect(first.environments.map((one) => one.step)).toEqual(['pre/main/deploy', 'prod/eu/deploy']);
    expect(second.environments.map((one) => one.step)).toEqual(['pre/main/deploy', 'prod/eu/deploy', 'prod/us/deploy']);
    expect(second.evidence.slice(0, first.evidence.length)).toEqual(first.evidence);
    expect(first.evidence.map((piece) => piece.kind)).toContain('failed');
    expect(second.evidence.map((piece) => piece.kind)).toContain('retried');
    const latest = await getProof(world.ports, { caller: world.admin, id });
    expect(latest).toEqual({ kind: 'found', envelope: await world.ports.executions.proof(id, 2) });
  });

  it.each(['succeeded', 'running', 'superseded'])('is refused when %s', async (status) => {
    const id = await waiting();
    if (status === 'succeeded') await world.decide(await world.approval(id, 'prod'));
    if (status === 'superseded') {
      world.pass(1000);
      await world.pushTag('shop-V2');
      await world.decide((await world.pending('prod')).at(-1));
    }
    expect(await world.status(id)).toBe(status);
    expect(await retry(id)).toBe('notRetryable');
    expect((await world.ports.executions.find(id))?.attempt).toBe(1);
  });

  it('twice at once is one', async () => {
    const id = await waiting();
    await cancel(id);
    const answers = await Promise.all([retry(id), retry(id)]);
    expect(answers.sort()).toEqual(['notRetryable', 'retrying']);
    expect((await world.ports.executions.find(id))?.attempt).toBe(2);
  });

  it('from cancelled goes on where it stopped', async () => {
    const id = await waiting();
    await cancel(id);
    await retry(id);
    await world.decide(await world.approval(id, 'prod'));
    expect(await world.status(id)).toBe('succeeded');
    expect(world.directory.keys()).toEqual([`${id}/pre/main/deploy/1`, `${id}/prod/main/deploy/2`]);
  });

  it('keeps its order: an older run is superseded by what was deployed meanwhile', async () => {
    const id = await waiting();
    await world.decide(await world.approval(id, 'prod'), 'reject');
    world.pass(1000);
    const two = await world.pushTag('shop-V2');
    await world.decide((await world.pending('prod'))[0]);
    await retry(id);
    expect(await world.status(id)).toBe('superseded');
    expect((await world.headOf('prod')).map((head) => head[1])).toEqual([two]);
  });

  it('of a run of three weeks ago has three weeks of its own', async () => {
    const id = await waiting();
    await cancel(id);
    world.pass(22 * 86_400_000);
    await retry(id);
    await world.sweep();
    await world.settle();
    expect(await world.status(id)).toBe('running');
    world.pass(21 * 86_400_000 + 1);
    await world.sweep();
    await world.settle();
    expect(await world.ports.executions.find(id)).toMatchObject({
      status: 'failed',
      error: { code: 'deadlineExceeded' },
    });
  });

  it('runs the handlers of a failure again only if it fails again', async () => {
    world = await createScenario(tables);
    world.directory.script('*', (request) => (request.attempt === 1 ? failedStep() : deployed(request)));
    const tell = { step: 'webhook', with: { url: 'https://x.example/' }, when: 'failure' };
    await world.put({
      name: 'shop',
      sources: imageSource,
      stages: {
        prod: { steps: { ...deploy('prod'), tell } },
        repair: { needs: ['prod'], when: 'failure', steps: { tell: { ...tell, when: 'always' } } },
      },
    });
    await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop');
    expect(world.webhook.keys()).toEqual([`${id}/prod/main/tell/1`, `${id}/repair/main/tell/1`]);
    await retry(id);
    expect(await world.status(id)).toBe('succeeded');
    expect(await world.statuses(id)).toMatchObject({
      prod: 'succeeded',
      'prod/main/tell': 'skipped',
      repair: 'skipped',
    });
    expect(world.webhook.calls).toHaveLength(2);
  });

  it('of a failed start binds anew, under the same id and order, and says in the evidence what to', async () => {
    world = await createScenario(tables);
    const config = { type: 'registry', repository: 'registry.local/team/config' };
    await world.put({
      name: 'shop',
      sources: { ...imageSource, config },
      stages: { prod: { environment: 'prod', steps: deploy('prod') } },
    });
    await world.pushTag('shop-V1', fixedNow - 5000);
    const [id = ''] = await world.executions('shop');
    const failed = await world.ports.executions.find(id);
    expect(failed).toMatchObject({ status: 'failed', bound: [], error: { code: 'noVersion' } });
    expect(await retry(id)).toBe('notRetryable');
    await world.happen({
      kind: 'push',
      repository: 'registry.local/team/config',
      tag: 'v1',
      digest: await pushImage(config1, { baseUrl: world.registry.baseUrl, repository: 'team/config' }),
    });
    expect(await retry(id)).toBe('retrying');
    const after = await world.ports.executions.find(id);
    expect(after).toMatchObject({ status: 'succeeded', attempt: 2, order: failed?.order });
    expect(after?.bound.map((one) => one.id)).toEqual(['image', 'config']);
    const { evidence } = readProof(await world.ports.executions.proof(id, 2)).predicate;
    expect(evidence.map((piece) => piece.kind).sort()).toEqual(['bound', 'bound', 'deployed', 'retried', 'triggered']);
  });
});

it('who retried it is self, too', async () => {
  world = await createScenario(tables);
  await world.put(shop({}, { gates: [approvalGate({ forbidSelf: true })] }));
  await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  await cancel(id);
  await retry(id, 'alice');
  expect((await world.decide(await world.approval(id, 'prod'), 'approve', alice)).kind).toBe('forbidden');
});
