import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { functionNames } from '../infra/functions.ts';
import { retriers } from '../shared/machine/retry.ts';
import type { CallKeys } from '../shared/ports/metrics.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { partialPorts } from '../test/fixtures/partial-ports.ts';
import { createHandler as createApi } from './api/handler.ts';
import { createHandler as createFinish } from './finish-execution/handler.ts';
import { createHandler as createProcess } from './process-delivery/handler.ts';
import { createHandler as createHooks } from './receive-webhook/handler.ts';
import { createHandler as createReconcile } from './reconcile/handler.ts';
import { createHandler as createRetention } from './retention/handler.ts';
import { createHandler as createNode } from './run-node/handler.ts';
import { createHandler as createSweep } from './sweep/handler.ts';

interface FunctionRow {
  readonly create: (ports: Ports) => (event: never, context?: unknown) => Promise<unknown>;
  /** One that it has to ask a store for. */
  readonly event: unknown;
  /** What its lines are about. */
  readonly keys: CallKeys;
  /** Its answer when the time is over; a name is that of the error which it throws. */
  readonly late: unknown;
}

const http = (method: string, rawPath: string): object => ({
  ...{ rawPath, rawQueryString: '', headers: { authorization: `Bearer wb_${'a'.repeat(40)}` }, isBase64Encoded: false },
  requestContext: { requestId: 'gateway-1', http: { method } },
});
const unavailable = expect.objectContaining({
  statusCode: 503,
  headers: expect.objectContaining({ 'retry-after': '2' }),
});
const outOfTime = { name: 'Sandbox.Timedout' };
const execution = '2026-shop';

/** Every function of the stack. What is here has a middy stack with keys, metrics and an early answer; what is not, fails. */
const rows: Readonly<Record<string, FunctionRow>> = {
  api: {
    create: (ports) => createApi(ports, {}),
    event: http('GET', '/v1/pipelines'),
    keys: { correlation_id: 'gateway-1' },
    late: unavailable,
  },
  'receive-webhook': {
    create: createHooks,
    event: http('POST', '/v1/hooks/abc'),
    keys: { correlation_id: 'gateway-1' },
    late: unavailable,
  },
  'process-delivery': {
    create: createProcess,
    event: { Records: [{ messageId: 'm1', body: '{"v":1,"deliveryId":"d1"}' }] },
    keys: { correlation_id: 'd1', deliveryId: 'd1', messageId: 'm1' },
    late: { batchItemFailures: [{ itemIdentifier: 'm1' }] },
  },
  'run-node': {
    create: createNode,
    event: { v: 1, do: 'job', execution, machine: `${execution}-r1`, stage: 1, job: 2 },
    keys: {
      correlation_id: execution,
      executionId: execution,
      machine: `${execution}-r1`,
      task: 'job',
      stage: 1,
      job: 2,
    },
    late: outOfTime,
  },
  'finish-execution': {
    create: createFinish,
    event: { detail: { name: execution, status: 'FAILED' } },
    keys: { correlation_id: execution, machine: execution },
    late: outOfTime,
  },
  sweep: { create: createSweep, event: {}, keys: {}, late: outOfTime },
  reconcile: { create: (ports) => createReconcile(ports, { everyMs: 1 }), event: {}, keys: {}, late: outOfTime },
  retention: { create: (ports) => createRetention(ports, { forMs: 1 }), event: {}, keys: {}, late: outOfTime },
};

const stores = [
  ...['accounts', 'artifacts', 'blobs', 'contents', 'deliveries', 'environments', 'executions', 'pipelines'],
  ...['receivers', 'retention', 'tokens', 'watches'],
];

/** Stores that do to every call what is asked, and what the function told of it. */
function observed(act: () => Promise<never>) {
  const told: unknown[] = [];
  const counted: string[] = [];
  let keys: CallKeys = {};
  const failing = new Proxy({}, { get: () => act });
  const ports = partialPorts({
    ...Object.fromEntries(stores.map((name) => [name, failing])),
    metrics: { add: (metric) => counted.push(metric) },
    calls: {
      began: (context) => told.push(['began', context]),
      about: (more) => {
        keys = { ...keys, ...more };
      },
      ended: () => told.push(['ended']),
    },
  });
  return { ports, told, counted, keys: () => keys };
}

const endOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('functions', () => {
  it('are all here', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(Object.keys(rows).toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
    expect(Object.keys(rows).toSorted()).toEqual([...functionNames].toSorted());
  });

  it.each(Object.entries(rows))('%s answers before its time is over', async (_name, { create, event, keys, late }) => {
    const { ports, told, counted, ...rest } = observed(() => new Promise(() => {}));
    const context = { awsRequestId: 'r-1', getRemainingTimeInMillis: () => 500 };
    const answer = await endOf(create(ports)(event as never, context));
    if (late === outOfTime) expect(answer).toMatchObject(outOfTime);
    else expect(answer).toEqual(late);
    expect(told).toEqual([['began', context], ['ended']]);
    expect(counted).toContain('earlyTimeouts');
    expect(rest.keys()).toMatchObject(keys);
  });

  it.each(Object.entries(rows))('%s ends its call also where it fails', async (_name, { create, event }) => {
    const { ports, told } = observed(() => Promise.reject(new Error('no store')));
    await endOf(create(ports)(event as never, { awsRequestId: 'r-2' }));
    expect(told).toEqual([['began', { awsRequestId: 'r-2' }], ['ended']]);
  });

  it.each(Object.entries(rows))('%s works where nothing looks at its calls', async (_name, { create, event }) => {
    const { ports } = observed(() => Promise.reject(new Error('no store')));
    const alone = new Proxy(ports, { get: (target, key) => (key === 'calls' ? undefined : Reflect.get(target, key)) });
    const answer = await endOf(create(alone)(event as never));
    expect(answer).not.toBeInstanceOf(TypeError);
  });

  it('that ran out of time are called again by the state machine', () => {
    expect(retriers().flatMap(({ ErrorEquals }) => ErrorEquals)).toContain(outOfTime.name);
  });
});
