import { afterEach, expect, it } from 'vitest';
import type { DeliveredEvent } from '../../shared/domain/delivery.ts';
import { type Digest, parseDigest } from '../../shared/domain/digest.ts';
import type { Severities } from '../../shared/domain/fact.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Json } from '../../shared/domain/json.ts';
import { cancelExecution } from '../../shared/flows/cancel-execution.ts';
import { retryExecution } from '../../shared/flows/retry-execution.ts';
import { fixedNow, useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { digestOf } from '../fixtures/oci-image.ts';
import { readProof } from '../fixtures/read-proof.ts';
import {
  approvalGate,
  bob,
  createScenario,
  deploy,
  imageSource,
  repository,
  type Scenario,
} from '../fixtures/scenario.ts';
import { deployed, failedStep } from '../fixtures/scripted-step.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const scanGate = { scan: { maxSeverity: { critical: 0 }, within: '30m' } };
/** Between any two things that happen, so that each has a time of its own. */
const tick = () => world.pass(1000);

function scan(digest: Digest, severities: Severities): DeliveredEvent {
  return { kind: 'scan', repository, digest, status: 'complete', severities, at: world.ports.clock.now() };
}

/** pre -> prod, prod behind these gates, pushed; the clock is a second further after each deployment. */
async function begin(
  gates: readonly Json[],
  prod: Readonly<Record<string, Json>> = { steps: deploy('prod') },
): Promise<string> {
  world.directory.script('*', (request) => {
    tick();
    return deployed(request);
  });
  await world.put({
    name: 'shop',
    sources: imageSource,
    stages: {
      pre: { environment: 'pre', steps: deploy('pre') },
      prod: { needs: ['pre'], environment: 'prod', gates, ...prod },
    },
  });
  await world.pushTag('shop-V1');
  tick();
  return (await world.executions('shop'))[0] ?? '';
}

async function digestOfRun(id: string): Promise<Digest> {
  const version = (await world.ports.executions.find(id))?.bound[0]?.artifact.version;
  return parseDigest(version ?? '') ?? digestOf('none');
}

async function decide(
  id: string,
  decision: 'approve' | 'reject' = 'approve',
  caller?: Parameters<Scenario['decide']>[2],
) {
  await world.decide(await world.approval(id, 'prod'), decision, caller);
  tick();
}

async function retry(id: string): Promise<void> {
  await retryExecution(world.ports, { id, by: 'alice' });
  await world.settle();
  tick();
}

/** Every piece of evidence of an attempt's proof but for the first two: `+seconds kind what`. */
async function evidenceOf(id: string, attempt = 1): Promise<readonly string[]> {
  const execution = await world.ports.executions.find(id);
  const { evidence } = readProof(await world.ports.executions.proof(id, attempt)).predicate;
  return evidence.slice(2).map(({ seq: _, previous: __, at, kind, ...body }) => {
    const named = JSON.stringify(body)
      .replaceAll(execution?.bound[0]?.artifact.version ?? '-', 'D')
      .replaceAll(repository, 'R')
      .replaceAll(/apr_[0-9a-f]+/g, 'A');
    return `+${(Date.parse(String(at)) - fixedNow) / 1000} ${kind} ${named}`;
  });
}

function piece(at: number, kind: string, body: object): string {
  return `+${at} ${kind} ${JSON.stringify(body)}`;
}

function deployedAt(at: number, environment: string, step: string): string {
  return piece(at, 'deployed', {
    environment,
    observed: 'D',
    repository: 'R',
    step,
    type: 'directory',
    wanted: 'D',
  });
}

function allowedAt(at: number, gate: string): string {
  return piece(at, 'gate', { gate, outcome: 'allowed', stage: 'prod' });
}

function scanDeniedAt(at: number, critical: number): string {
  const message = `R@D: ${critical} critical findings, at most 0 allowed.`;
  return piece(at, 'gate', { code: 'scanDenied', gate: 'scan', message, outcome: 'denied', stage: 'prod' });
}

function decidedAt(at: number, subject: string, decision: 'approve' | 'reject'): string {
  return piece(at, 'approval', { approval: 'A', decision, digests: ['D'], stage: 'prod', subject });
}

function retriedAt(at: number, attempt: number): string {
  return piece(at, 'retried', { attempt, by: 'alice' });
}

it('of a promotion: gates, decisions and deployments', async () => {
  world = await createScenario(tables);
  const id = await begin([scanGate, approvalGate({ count: 2 })]);
  await world.happen(scan(await digestOfRun(id), { critical: 0, high: 2 }));
  tick();
  await decide(id);
  await decide(id, 'approve', bob);
  expect(await world.status(id)).toBe('succeeded');
  expect(await evidenceOf(id)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    allowedAt(2, 'scan'),
    decidedAt(3, 'alice', 'approve'),
    decidedAt(4, 'bob', 'approve'),
    allowedAt(4, 'approval'),
    deployedAt(5, 'prod', 'prod/main/deploy'),
  ]);
});

it('of a retry: what was cleared is still there, also when clearing it died on the way', async () => {
  let deaths = 0;
  world = await createScenario(tables, {
    wrap: (ports) => ({
      ...ports,
      executions: {
        ...ports.executions,
        async removeNode(node) {
          if (deaths++ % 2 === 1) throw new Failure('storeUnavailable', 'between two entries');
          return ports.executions.removeNode(node);
        },
      },
    }),
  });
  world.directory.script('prod/us/deploy', (request) => {
    tick();
    return request.attempt === 1 ? failedStep() : deployed(request);
  });
  const jobs = { eu: { steps: deploy('eu') }, us: { needs: ['eu'], steps: deploy('us') } };
  const id = await begin([approvalGate()], { jobs });
  await decide(id);
  expect(await world.status(id)).toBe('failed');
  await retry(id);
  await decide(id, 'reject', bob);
  expect(await world.status(id)).toBe('failed');
  await retry(id);
  await decide(id);
  expect(await world.status(id)).toBe('succeeded');
  expect(deaths).toBeGreaterThan(3);
  expect(await evidenceOf(id, 1)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    decidedAt(2, 'alice', 'approve'),
    allowedAt(2, 'approval'),
    deployedAt(3, 'prod', 'prod/eu/deploy'),
    '+4 failed {"code":"stepFailed","step":"prod/us/deploy","wanted":"D"}',
  ]);
  expect(await evidenceOf(id, 2)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    decidedAt(2, 'alice', 'approve'),
    allowedAt(2, 'approval'),
    deployedAt(3, 'prod', 'prod/eu/deploy'),
    '+4 failed {"code":"stepFailed","step":"prod/us/deploy","wanted":"D"}',
    retriedAt(5, 2),
    decidedAt(6, 'bob', 'reject'),
    '+6 gate {"code":"approvalRejected","gate":"approval","message":"Rejected by bob.","outcome":"denied","stage":"prod"}',
  ]);
  expect(await evidenceOf(id, 3)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    decidedAt(2, 'alice', 'approve'),
    allowedAt(2, 'approval'),
    deployedAt(3, 'prod', 'prod/eu/deploy'),
    '+4 failed {"code":"stepFailed","step":"prod/us/deploy","wanted":"D"}',
    retriedAt(5, 2),
    decidedAt(6, 'bob', 'reject'),
    '+6 gate {"code":"approvalRejected","gate":"approval","message":"Rejected by bob.","outcome":"denied","stage":"prod"}',
    retriedAt(7, 3),
    decidedAt(8, 'alice', 'approve'),
    allowedAt(8, 'approval'),
    deployedAt(9, 'prod', 'prod/us/deploy'),
  ]);
});

it('of a gate that changed its mind while people were asked', async () => {
  world = await createScenario(tables);
  const id = await begin([scanGate, approvalGate({ count: 2 })]);
  await world.happen(scan(await digestOfRun(id), { critical: 0 }));
  tick();
  await decide(id);
  await world.happen(scan(await digestOfRun(id), { critical: 1 }));
  tick();
  await world.sweep();
  await world.settle();
  expect(await world.faults(id)).toEqual({ prod: 'scanDenied' });
  expect(await evidenceOf(id)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    allowedAt(2, 'scan'),
    decidedAt(3, 'alice', 'approve'),
    scanDeniedAt(4, 1),
  ]);
  await retry(id);
  expect(await world.faults(id)).toEqual({ prod: 'scanDenied' });
  expect(await evidenceOf(id, 2)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    allowedAt(2, 'scan'),
    decidedAt(3, 'alice', 'approve'),
    scanDeniedAt(4, 1),
    scanDeniedAt(5, 1),
    retriedAt(5, 2),
  ]);
});

it('of a gate that changed its mind under the lock', async () => {
  let meanwhile: (() => Promise<void>) | undefined;
  world = await createScenario(tables, {
    wrap: (ports) => {
      const environments = new Proxy(ports.environments, {
        get(target, name) {
          const call = Reflect.get(target, name);
          if (name !== 'swapLock') return call;
          return async (...given: unknown[]) => {
            const now = meanwhile;
            meanwhile = undefined;
            await now?.();
            return call.apply(target, given);
          };
        },
      });
      return { ...ports, environments };
    },
  });
  const id = await begin([scanGate, approvalGate()]);
  const digest = await digestOfRun(id);
  await world.happen(scan(digest, { critical: 0 }));
  tick();
  meanwhile = async () => {
    tick();
    const { uuid } = (await world.ports.executions.find(id))?.bound[0]?.artifact ?? { uuid: '' };
    const at = world.ports.clock.now();
    const body = { kind: 'scanned', status: 'complete', severities: { critical: 3 } } as const;
    await world.ports.artifacts.addFact(uuid, {
      id: 'late',
      receiver: 'api',
      trusted: true,
      at,
      recordedAt: at,
      ...body,
    });
  };
  await decide(id);
  expect(await world.faults(id)).toEqual({ prod: 'scanDenied' });
  expect(await evidenceOf(id)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    allowedAt(2, 'scan'),
    decidedAt(3, 'alice', 'approve'),
    allowedAt(3, 'approval'),
    scanDeniedAt(4, 3),
  ]);
  await retry(id);
  expect(await evidenceOf(id, 2)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    allowedAt(2, 'scan'),
    decidedAt(3, 'alice', 'approve'),
    allowedAt(3, 'approval'),
    scanDeniedAt(4, 3),
    scanDeniedAt(5, 3),
    retriedAt(5, 2),
  ]);
});

it('of a run that was cancelled while it waited, one of two having approved', async () => {
  world = await createScenario(tables);
  const id = await begin([approvalGate({ count: 2 })]);
  await decide(id);
  await cancelExecution(world.ports, { id, by: 'alice' });
  await world.settle();
  expect(await evidenceOf(id)).toEqual([deployedAt(1, 'pre', 'pre/main/deploy'), decidedAt(2, 'alice', 'approve')]);
});

it('of steps that were under way when the run was cancelled', async () => {
  world = await createScenario(tables);
  world.webhook.script('*', (request) => ({ kind: 'wait', why: 'callback', until: request.startedAt + 1e9 }));
  const go = { step: 'webhook', with: { url: 'https://x.example/', wait: { timeout: '1h' } } };
  const id = await begin([], { steps: { ...deploy('prod'), go } });
  await cancelExecution(world.ports, { id, by: 'alice' });
  await world.settle();
  expect(await evidenceOf(id)).toEqual([
    deployedAt(1, 'pre', 'pre/main/deploy'),
    deployedAt(2, 'prod', 'prod/main/deploy'),
    '+3 cancelled {"code":"cancelled","step":"prod/main/go"}',
  ]);
});

it('of a deployment that ended after its step had been given up', async () => {
  world = await createScenario(tables);
  const id = await begin([]);
  expect(await world.status(id)).toBe('succeeded');
  world.directory.script('prod/main/deploy', async (request) => {
    // It began with its stage, so this is what is written of it first.
    const step = (await world.view(request.executionId))?.nodes.find(({ name }) => name === 'prod/main/deploy');
    const end = { status: 'failed' as const, error: { code: 'engineStopped', message: 'gone' } };
    if (step?.status === 'running' && request.wanted !== undefined) {
      const { wanted } = request;
      await world.ports.executions.saveNode({ ...step, ...end, wanted, endedAt: world.ports.clock.now() });
    }
    tick();
    return deployed(request);
  });
  await world.pushTag('shop-V2');
  const [, second = ''] = await world.executions('shop');
  expect(await world.status(second)).toBe('failed');
  expect((await world.headOf('prod')).map(([, , run]) => run)).toEqual([second]);
  expect((await evidenceOf(second)).slice(-2)).toEqual([
    piece(4, 'failed', { code: 'engineStopped', step: 'prod/main/deploy', wanted: 'D' }),
    deployedAt(5, 'prod', 'prod/main/deploy'),
  ]);
});
