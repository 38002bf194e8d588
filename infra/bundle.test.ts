import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { envNames } from '../shared/contracts/env.ts';
import { type Bundle, bundleFunction } from './bundle.ts';
import { functionNames } from './functions.ts';

// Outside the checkout, so that no node_modules is found: what is not in the bundle is missing.
const folder = mkdtempSync(join(tmpdir(), 'waybill-bundles-'));
const bundles = new Map<string, Bundle>();

beforeAll(async () => {
  for (const name of functionNames) bundles.set(name, await bundleFunction(name, join(folder, name)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Invokes a bundle in a bare Node, as Lambda would: its answer, or the fault's name. */
function invoke(name: string, event: unknown): unknown {
  const script = `
    const { handler } = await import(${JSON.stringify(join(folder, name, 'index.mjs'))});
    const answer = await handler(${JSON.stringify(event)}, {}).catch((fault) => ({ fault: fault.name }));
    process.stdout.write('\\n' + JSON.stringify(answer ?? null));
    process.exit(0);`;
  const settings = Object.fromEntries(Object.values(envNames).map((key) => [key, 'x']));
  const env = {
    ...{ PATH: process.env.PATH, AWS_LAMBDA_FUNCTION_NAME: name, AWS_REGION: 'eu-west-1' },
    ...{ ...settings, WAYBILL_LOG_LEVEL: 'silent', WAYBILL_OIDC_ISSUER: 'https://id.example.com' },
  };
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    ...{ cwd: folder, env, encoding: 'utf8' },
  });
  return JSON.parse(out.slice(out.lastIndexOf('\n')));
}

const http = (method: string, rawPath: string): object => ({
  ...{ version: '2.0', rawPath, rawQueryString: '', headers: {}, isBase64Encoded: false },
  requestContext: { requestId: 'r', http: { method } },
  pathParameters: { id: 'abc' },
});

describe('bundles', () => {
  // The intake's is a promise; the others are today's sizes and a fifth more, so that what grows a start is somebody's decision.
  it.each<[(typeof functionNames)[number], number]>([
    ['receive-webhook', 500_000],
    ['process-delivery', 1_170_000],
    ['run-node', 1_120_000],
    ['finish-execution', 780_000],
    ['sweep', 850_000],
    ['reconcile', 990_000],
    ['retention', 770_000],
    ['api', 1_520_000],
  ])('of %s load less than %i bytes at the start', (name, limit) => {
    expect(bundles.get(name)?.bytesAtStart).toBeLessThan(limit);
    expect(bundles.get(name)?.bytesAtStart).toBeGreaterThan(100_000);
  });

  it.each<[(typeof functionNames)[number], object, unknown]>([
    ['api', http('GET', '/v1/nowhere'), expect.objectContaining({ statusCode: 404 })],
    ['receive-webhook', http('GET', '/v1/hooks/abc'), expect.objectContaining({ statusCode: 405 })],
    ['process-delivery', { Records: [] }, { batchItemFailures: [] }],
    ['run-node', { do: 'nothing' }, { fault: 'internal' }],
    ['finish-execution', { detail: {} }, { fault: 'internal' }],
  ])('of %s answer in a bare Node', (name, event, answer) => {
    expect(invoke(name, event)).toEqual(answer);
  });
});
