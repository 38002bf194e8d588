import { beforeEach, expect, it } from 'vitest';
import {
  sampleBuild,
  sampleExecution,
  sampleHead,
  sampleNode,
  samplePipelineHead,
  samplePipelineVersion,
} from '../../../test/contracts/store-samples.ts';
import { fixedNow, useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../../test/fixtures/partial-ports.ts';
import { contentReference, uploads } from '../../domain/content.ts';
import type { BoundArtifact, Execution, NodeStatus } from '../../domain/execution.ts';
import { Failure } from '../../domain/failure.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Gate, StageDefinition } from '../../domain/pipeline.ts';
import { dayMs } from '../../domain/retention.ts';
import type { Ports } from '../../ports/ports.ts';
import { getProof } from '../get-proof.ts';
import { type StartRequest, startExecution } from '../start-execution.ts';
import { readContent, storeContent } from '../store-content.ts';
import { sweepRetention } from './sweep-retention.ts';

const tables = useEmbeddedTables();
const admin = { subject: 'admin', groups: ['waybill-admins'] };
let now: number;
let ports: Ports;
let logged: Record<string, unknown>[];

beforeEach(async () => {
  now = fixedNow;
  logged = [];
  const { stores, blobs } = await tables.fresh({ now: () => now });
  const info = (message: string, fields = {}): void => void logged.push({ message, ...fields });
  ports = partialPorts({
    ...stores,
    blobs,
    clock: { now: () => now },
    log: { info, warn: info, error: info },
    orchestrator: {
      start: async () => expect.fail('started'),
      wake: async () => {},
      stop: async () => {},
      running: async () => false,
    },
  });
  await putPipeline('shop', { keep: 2 });
});

const approval: Gate = { kind: 'approval', groups: ['qa'], count: 1, timeout: dayMs, forbidSelf: false };
const stage = (id: string, environment: string | undefined, gates: readonly Gate[] = []): StageDefinition => ({
  ...{ id, environment, needs: [], when: 'success', gates },
  ...{ expectedArtifacts: [], inputArtifacts: [], jobs: [] },
});

async function putPipeline(
  name: string,
  retention: { readonly days?: number; readonly keep?: number } | undefined,
  change: { readonly deleted?: boolean; readonly stages?: readonly StageDefinition[] } = {},
): Promise<void> {
  const { deleted = false, stages = [stage('pre', 'pre'), stage('prod', 'prod', [approval])] } = change;
  const { definition } = samplePipelineVersion();
  await ports.pipelines.putVersion(
    samplePipelineVersion({ name, definition: { ...definition, name, retention, stages } }),
  );
  await ports.pipelines.saveHead(samplePipelineHead({ name, deleted }));
}

interface Past {
  readonly pipeline?: string;
  readonly change?: Partial<Execution>;
  /** Statuses of the stages. */
  readonly stages?: Readonly<Record<string, NodeStatus>>;
}

/** An execution that ended so many days ago. */
async function past(
  id: string,
  days: number,
  { pipeline = 'shop', change = {}, stages = {} }: Past = {},
): Promise<void> {
  const at = now - days * dayMs;
  const execution = sampleExecution({ id, pipeline, status: 'failed', createdAt: at, endedAt: at, ...change });
  await ports.executions.create(execution);
  for (const [name, status] of Object.entries(stages)) {
    await ports.executions.saveNode(sampleNode({ execution: id, name, status }));
  }
}

const sweep = (ms = 60_000) => sweepRetention(ports, { until: now + ms });
const left = async (pipeline = 'shop'): Promise<readonly string[]> =>
  (await ports.executions.list({ pipeline, limit: 100 })).items.map((one) => one.id).toSorted();

it('removes what ended longer ago than its days, with all that is its own, and says so', async () => {
  await past('old', 31, { change: { attempt: 2 }, stages: { pre: 'failed' } });
  await past('young', 29);
  await past('open', 90, { change: { status: 'running' } });
  const { createApproval } = ports.executions;
  await createApproval({
    ...{
      id: `apr_${ports.sha256('old|prod|0|2').slice(0, 32)}`,
      executionId: 'old',
      pipeline: 'shop',
      stage: 'prod',
      attempt: 2,
      gate: 0,
    },
    ...{
      artifacts: [],
      requestedAt: 0,
      expiresAt: 0,
      groups: ['qa'],
      count: 1,
      forbidSelf: false,
      self: [],
      status: 'expired',
      decisions: [],
      rev: 0,
    },
  });
  expect(await sweep()).toEqual({ kind: 'finished', removed: { executions: 1, contents: 0, bytes: 0 } });
  expect(await left()).toEqual(['open', 'young']);
  expect(await ports.executions.allNodes('old')).toEqual([]);
  expect((await ports.executions.approvals({ status: 'expired', limit: 5 })).items).toEqual([]);
  expect(logged.map(({ message }) => message)).toContain('execution removed after its retention');
  expect(logged.at(-2)).toMatchObject({ message: 'retention round', executions: 1 });
  expect(await ports.retention.state()).toMatchObject({ finishedAt: now, removed: { executions: 1 }, pipelines: 1 });
});

it('keeps the last good of each environment, whatever became of the run after that', async () => {
  await past('a', 40, { change: { status: 'succeeded' }, stages: { pre: 'succeeded', prod: 'succeeded' } });
  await past('b', 41, { change: { status: 'failed' }, stages: { pre: 'succeeded', prod: 'failed' } });
  await past('c', 42, { change: { status: 'succeeded' }, stages: { pre: 'succeeded', prod: 'succeeded' } });
  await past('d', 43, { change: { status: 'succeeded' }, stages: { pre: 'succeeded', prod: 'succeeded' } });
  await past('e', 44, { change: { status: 'failed' }, stages: { pre: 'failed' } });
  await sweep();
  // pre: a and b; prod: a and c.
  expect(await left()).toEqual(['a', 'b', 'c']);
});

it('good ones that are young count among the last', async () => {
  for (const [index, id] of ['a', 'b'].entries()) {
    await past(id, index, { change: { status: 'succeeded' }, stages: { pre: 'succeeded', prod: 'succeeded' } });
  }
  await past('c', 42, { change: { status: 'succeeded' }, stages: { pre: 'succeeded', prod: 'succeeded' } });
  await sweep();
  expect(await left()).toEqual(['a', 'b']);
});

it('without environments the last successes stay', async () => {
  await putPipeline('plain', { keep: 1, days: 1 }, { stages: [stage('main', undefined)] });
  await past('p1', 3, { pipeline: 'plain', change: { status: 'succeeded' } });
  await past('p2', 2, { pipeline: 'plain', change: { status: 'succeeded' } });
  await past('p3', 1.5, { pipeline: 'plain' });
  await sweep();
  expect(await left('plain')).toEqual(['p2']);
});

it('keeps what is deployed somewhere and the last successful build', async () => {
  await past('deployed', 90);
  await past('built', 80);
  await past('gone', 70);
  await ports.environments.moveHead(sampleHead({ environment: 'prod', executionId: 'deployed' }));
  await ports.environments.moveHead(sampleHead({ environment: 'elsewhere', pipeline: 'other', executionId: 'gone' }));
  await ports.artifacts.recordBuild(sampleBuild({ pipeline: 'shop', build: '7', execution: 'built' }));
  await sweep();
  expect(await left()).toEqual(['built', 'deployed']);
});

it('runs of a deleted pipeline go in time, too', async () => {
  await putPipeline('former', undefined, { deleted: true });
  await past('f1', 31, { pipeline: 'former' });
  await sweep();
  expect(await left('former')).toEqual([]);
});

it('one broken execution does not keep the others', async () => {
  await past('old', 31);
  await past('broken', 31, { change: { pipelineVersion: 'ffffffffffff' } });
  expect(await sweep()).toMatchObject({ removed: { executions: 1 } });
  expect(await left()).toEqual(['broken']);
});

it('proofs stay and are shown; the execution is not', async () => {
  await past('old', 31, { change: { status: 'failed' } });
  await ports.executions.putProof('old', 1, '{"payload":""}');
  await past('bare', 31);
  await sweep();
  expect(await ports.executions.find('old')).toBeUndefined();
  expect(await getProof(ports, { caller: admin, id: 'old' })).toEqual({ kind: 'found', envelope: '{"payload":""}' });
  expect(await getProof(ports, { caller: admin, id: 'bare' })).toEqual({ kind: 'notFound' });
  expect(await getProof(ports, { caller: admin, id: 'old', attempt: 2 })).toEqual({ kind: 'notFound' });
});

it('what was swept never runs again by its claim', async () => {
  const claim = { kind: 'manual', pipeline: 'shop', subject: 'ann', key: 'k' } as const;
  const started: string[] = [];
  const starting = {
    ...ports,
    orchestrator: { ...ports.orchestrator, start: async (name: string) => void started.push(name) },
  };
  const request: StartRequest = {
    ...{ pipeline: 'shop', pipelineVersion: '0123456789ab', claim, parameters: {}, orderAt: now },
    trigger: { type: 'manual', artifacts: [] },
    binding: { kind: 'bound', bound: [] },
  };
  const { executionId } = await startExecution(starting, request);
  const execution = await ports.executions.find(executionId);
  if (execution === undefined) throw new Error('not started');
  await ports.executions.save({ ...execution, status: 'failed', endedAt: now });
  now += 31 * dayMs;
  await sweep();
  expect(await startExecution(starting, request)).toEqual({ kind: 'alreadyExecuted', executionId });
  expect(started).toEqual([executionId]);
});

it('a round a day', async () => {
  expect((await sweep()).kind).toBe('finished');
  await past('old', 31);
  now += 3_600_000;
  expect((await sweep()).kind).toBe('idle');
  now += 23 * 3_600_000;
  expect(await sweep()).toMatchObject({ kind: 'finished', removed: { executions: 1 } });
});

it('goes on where it stopped', async () => {
  for (const name of ['a', 'b', 'c']) {
    await putPipeline(name, undefined);
    for (let index = 0; index < 60; index += 1) await past(`${name}-${index}`, 31 + index, { pipeline: name });
  }
  const calls: string[] = [];
  let removed = 0;
  for (let call = 0; call < 30 && calls.at(-1) !== 'finished'; call += 1) {
    // Each look at the clock takes a millisecond: a call has time for a page.
    let looks = 0;
    const slow = { ...ports, clock: { now: () => now + looks++ } };
    const answer = await sweepRetention(slow, { until: now + 20 });
    calls.push(answer.kind);
    removed += answer.removed.executions;
  }
  expect(calls.at(-1)).toBe('finished');
  expect(calls.length).toBeGreaterThan(3);
  expect(removed).toBe(180);
}, 20_000);

it.each([
  'executions.sweep:before',
  'executions.sweep:after',
  'executions.clear:before',
  'executions.clear:after',
  'retention.saveState:before',
  'blobs.remove:before',
  'blobs.remove:after',
  'contents.save:after',
  'contents.remove:before',
])('dying at %s is made good by the next round', async (point) => {
  await past('old', 31, { stages: { pre: 'failed' } });
  const content = await storeContent(ports, { application: 'shop', base64: 'YWJj', bytes: Buffer.from('abc') });
  now += 8 * dayMs;
  await expect(sweepRetention(dying(ports, point), { until: now + 60_000 })).rejects.toThrow('died');
  now += dayMs;
  await sweep();
  expect(await left()).toEqual([]);
  expect(await ports.executions.allNodes('old')).toEqual([]);
  expect((await ports.executions.sweeping({ limit: 5 })).items).toEqual([]);
  expect(await ports.contents.find('shop', content.hash)).toBeUndefined();
  expect(await ports.blobs.get(content.blob)).toBeUndefined();
});

/** Ports of which one call throws once, before or after its effect. */
function dying(plain: Ports, point: string): Ports {
  const [at = '', when] = point.split(':');
  const [port = '', call = ''] = at.split('.');
  let died = false;
  const found: unknown = Reflect.get(plain, port);
  if (typeof found !== 'object' || found === null) throw new Error(`no port ${port}`);
  const broken = new Proxy(found, {
    get(object, name, receiver) {
      const value: unknown = Reflect.get(object, name, receiver);
      if (name !== call || typeof value !== 'function') return value;
      return async (...args: readonly unknown[]) => {
        if (died) return Reflect.apply(value, object, args);
        died = true;
        if (when === 'after') await Reflect.apply(value, object, args);
        throw new Failure('storeUnavailable', 'died');
      };
    },
  });
  return { ...plain, [port]: broken };
}

const bound = (reference: string): readonly BoundArtifact[] => [
  {
    id: 'cfg',
    from: 'received',
    artifact: { type: 'http/file', name: 'cfg', reference: 'https://x', metadata: { content: reference }, uuid: 'u1' },
  },
];

it('content goes a week after its last use, unless a kept run needs it', async () => {
  const store = (text: string) =>
    storeContent(ports, {
      application: 'shop',
      base64: Buffer.from(text).toString('base64'),
      bytes: Buffer.from(text),
    });
  const [deployed, open, recent, unused] = [await store('a'), await store('b'), await store('c'), await store('d')];
  await past('deployed', 1, { change: { bound: bound(contentReference(deployed)) } });
  await ports.environments.moveHead(sampleHead({ environment: 'prod', executionId: 'deployed' }));
  await past('open', 1, { change: { status: 'running', bound: bound(contentReference(open)) } });
  await past('recent', 1, { change: { bound: bound(contentReference(recent)) } });
  now += 6 * dayMs;
  expect(await sweep()).toMatchObject({ removed: { contents: 0 } });
  now += 2 * dayMs;
  expect(await sweep()).toMatchObject({ removed: { contents: 2, bytes: 2 } });
  for (const [content, isThere] of [
    [deployed, true],
    [open, true],
    [recent, false],
    [unused, false],
  ] as const) {
    expect((await readContent(ports, content)) !== undefined).toBe(isThere);
    expect((await ports.blobs.get(content.blob)) !== undefined).toBe(isThere);
  }
});

it.each([
  ['an artifact', { artifactDays: 20 }],
  ['a fact', { factDays: 20 }],
])(
  'content stays as long as %s asks',
  async (_what, { artifactDays, factDays }: { artifactDays?: number; factDays?: number }) => {
    const metadata: JsonObject = artifactDays === undefined ? {} : { retentionDays: artifactDays };
    const artifact = { type: 'custom/object', name: 'x', reference: 'x', metadata, uuid: 'u1' };
    await ports.artifacts.record({ artifact, firstSeenAt: now, rev: 0 });
    if (factDays !== undefined) {
      const fact = {
        kind: 'rejected',
        reason: 'x',
        id: 'f1',
        at: now,
        recordedAt: now,
        receiver: 'api',
        trusted: true,
      } as const;
      await ports.artifacts.addFact('u1', { ...fact, retentionDays: factDays });
    }
    const content = await storeContent(ports, {
      application: uploads,
      base64: 'YWJj',
      bytes: Buffer.from('abc'),
      uuid: 'u1',
    });
    now += 19 * dayMs;
    expect(await sweep()).toMatchObject({ removed: { contents: 0 } });
    now += 2 * dayMs;
    expect(await sweep()).toMatchObject({ removed: { contents: 1 } });
    expect(await readContent(ports, content)).toBeUndefined();
  },
);
