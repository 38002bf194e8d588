import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envNames } from '../shared/contracts/env.ts';
import { metricsNamespace } from '../shared/contracts/service-metrics.ts';
import { thorough } from '../test/fixtures/thorough.ts';
import { type Bundle, bundleFunction } from './bundle.ts';
import { functionNames } from './functions.ts';

type Name = (typeof functionNames)[number];

/** Each takes two seconds. In `npm test` those whose start is promised, and one that reads a queue. */
const names: readonly Name[] = thorough ? functionNames : ['receive-webhook', 'process-delivery', 'run-node'];
const ofBundled = <T extends readonly [Name, ...unknown[]]>(rows: readonly T[]) =>
  rows.filter(([name]) => names.includes(name));

// Outside the checkout, so that no node_modules is found: what is not in the bundle is missing.
const folder = mkdtempSync(join(tmpdir(), 'waybill-bundles-'));
const bundles = new Map<string, Bundle>();

beforeAll(async () => {
  const bundled = names.map(async (name) => bundles.set(name, await bundleFunction(name, join(folder, name))));
  await Promise.all(bundled);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Invoked {
  /** Its answer, or the fault's name. */
  readonly answer: unknown;
  /** What it printed, read. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

/** Invokes a bundle in a bare Node, as Lambda would. */
function invoke(name: string, event: unknown, level = 'silent'): Invoked {
  const script = `
    const { handler } = await import(${JSON.stringify(join(folder, name, 'index.mjs'))});
    const context = { awsRequestId: 'r-1', functionName: 'f', getRemainingTimeInMillis: () => 2_000 };
    const answer = await handler(${JSON.stringify(event)}, context).catch((fault) => ({ fault: fault.name }));
    process.stdout.write('\\n' + JSON.stringify(answer ?? null));
    process.exit(0);`;
  const settings = Object.fromEntries(Object.values(envNames).map((key) => [key, 'x']));
  const env = {
    ...{ PATH: process.env.PATH, AWS_LAMBDA_FUNCTION_NAME: name, AWS_REGION: 'eu-west-1' },
    ...{ ...settings, WAYBILL_LOG_LEVEL: level, WAYBILL_OIDC_ISSUER: 'https://id.example.com' },
    ...{ AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand', WAYBILL_RECONCILE: '1h' },
    // Nobody answers there, at once: what asks a store fails.
    ...{
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_MAX_ATTEMPTS: '1',
    },
  };
  const out = execFileSync('sh', ['-c', 'exec "$0" "$@" 2>&1', process.execPath, '--input-type=module', '-e', script], {
    ...{ cwd: folder, env, encoding: 'utf8' },
  });
  const printed = out.split('\n').filter((line) => line !== '');
  return { answer: JSON.parse(printed.at(-1) ?? ''), lines: printed.slice(0, -1).map((line) => JSON.parse(line)) };
}

const http = (method: string, rawPath: string): object => ({
  ...{ version: '2.0', rawPath, rawQueryString: '', headers: {}, isBase64Encoded: false },
  requestContext: { requestId: 'r', http: { method } },
  pathParameters: { id: 'abc' },
});

describe('bundles', () => {
  // Today's sizes and a fifth more, so that what grows a start is somebody's decision; the intake's promise is 500,000.
  it.each(
    ofBundled<[Name, number]>([
      ['receive-webhook', 150_000],
      ['process-delivery', 740_000],
      ['run-node', 210_000],
      ['finish-execution', 250_000],
      ['sweep', 275_000],
      ['reconcile', 415_000],
      ['retention', 205_000],
      ['api', 1_000_000],
    ]),
  )('of %s load less than %i bytes at the start', (name, limit) => {
    expect(bundles.get(name)?.bytesAtStart).toBeLessThan(limit);
    expect(bundles.get(name)?.bytesAtStart).toBeGreaterThan(100_000);
  });

  it.each(
    ofBundled<[Name, object, unknown]>([
      ['api', http('GET', '/v1/nowhere'), expect.objectContaining({ statusCode: 404 })],
      ['receive-webhook', http('GET', '/v1/hooks/abc'), expect.objectContaining({ statusCode: 405 })],
      ['process-delivery', { Records: [] }, { batchItemFailures: [] }],
      ['run-node', { do: 'nothing' }, { fault: 'internal' }],
      ['finish-execution', { detail: {} }, { fault: 'internal' }],
    ]),
  )('of %s answer in a bare Node', (name, event, answer) => {
    expect(invoke(name, event).answer).toEqual(answer);
  });

  const keys = { service: 'x', cold_start: true, function_name: 'f', function_request_id: 'r-1' };
  it.each(
    ofBundled<[Name, object, object]>([
      ['api', http('GET', '/v1/nowhere'), { message: 'request', status: 404, correlation_id: 'r' }],
      ['receive-webhook', http('GET', '/v1/hooks/abc'), { message: 'request', status: 405, correlation_id: 'r' }],
      [
        'process-delivery',
        { Records: [{ messageId: 'm1', body: '{' }] },
        { message: 'a queue message failed', messageId: 'm1', correlation_id: 'm1', error: { name: 'SyntaxError' } },
      ],
      ['sweep', {}, { message: 'a task failed', code: 'storeUnavailable', correlation_id: 'r-1' }],
    ]),
  )('of %s print lines with the keys of the call, and a cold start', (name, event, line) => {
    const { lines } = invoke(name, event, 'info');
    expect(lines).toContainEqual(expect.objectContaining({ ...keys, ...line, ...withError(line) }));
    expect(lines).toContainEqual(expect.objectContaining({ ...{ service: 'x', function_name: 'f' }, ColdStart: 1 }));
  });

  it('write what was counted, by its name, however the call ended', () => {
    const { lines } = invoke('process-delivery', { Records: [{ messageId: 'm1', body: '{' }] });
    const metric = { Namespace: metricsNamespace, Dimensions: [['service']] };
    const written = { ...metric, Metrics: [{ Name: 'MessagesFailed', Unit: 'Count' }] };
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ service: 'x', MessagesFailed: 1 },
        _aws: { Timestamp: expect.any(Number), CloudWatchMetrics: [written] },
      }),
    );
  });
});

/** Only the name of an error is looked at: its stack is another in each bundle. */
function withError(line: object): object {
  return 'error' in line ? { error: expect.objectContaining(line.error as object) } : {};
}
