import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { thorough } from '../fixtures/thorough.ts';

let folder = '';
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function demo(environment: NodeJS.ProcessEnv): Promise<Ended> {
  const script = join(import.meta.dirname, '..', '..', 'local', 'demo.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })));
}

it.runIf(thorough)('tells its story to the end and leaves nothing behind', { timeout: 60_000 }, async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-demo-test-'));
  const ended = await demo({ TMPDIR: folder });
  expect([ended.code, ended.errors]).toEqual([0, '']);
  expect(ended.output).toMatch(/production shows "First edition"[\s\S]*the proof verifies[\s\S]*four equal values/);
  expect(await readdir(folder)).toEqual([]);
});

it('says what was not as expected, exits 1 and leaves nothing behind', { timeout: 60_000 }, async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-demo-test-'));
  const ended = await demo({ TMPDIR: folder, WAYBILL_LOG_LEVEL: 'loud' });
  expect(ended.code).toBe(1);
  expect(ended.errors).toMatch(/Not as expected[\s\S]*WAYBILL_LOG_LEVEL/);
  expect(await readdir(folder)).toEqual([]);
});
