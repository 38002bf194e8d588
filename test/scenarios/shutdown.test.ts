import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';
import { descendants, eventually, isAlive } from '../fixtures/process-tree.ts';
import { type RunningService, runToExit, startService } from '../fixtures/running-service.ts';
import { makeScenarioFolder } from '../fixtures/scenario-folder.ts';
import { thorough } from '../fixtures/thorough.ts';

const root = join(import.meta.dirname, '..', '..');

/** Tests run side by side here: most of their time is waiting. */
async function makeFolder({ onTestFinished }: TestContext): Promise<string> {
  const folder = await makeScenarioFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}

async function start(context: TestContext): Promise<RunningService> {
  const service = await startService({ dataDir: await makeFolder(context) });
  context.onTestFinished(() => service.stop());
  return service;
}

function commandLine(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
}

/** Ids of the embedded DynamoDB's processes below one. */
function engineOf(pid: number): readonly number[] {
  return descendants(pid).filter((one) => commandLine(one).some((arg) => arg.includes('dynoxide')));
}

/** A run that waits for an approval, so that a machine is under way. */
async function leaveSomethingUnderWay(service: RunningService): Promise<void> {
  const sources = { image: { type: 'registry', repository: 'registry.local/stop/app', on: ['push'] } };
  const stages = { one: { gates: [{ approval: { groups: ['qa'], count: 1, timeout: '1h' } }] } };
  await service.call('PUT', '/v1/pipelines/stop', { name: 'stop', sources, stages });
  await pushImage(ociImage({ a: 'b' }), { baseUrl: service.baseUrl, repository: 'stop/app', tag: '1' });
  const isPending = async () => (await service.call('GET', '/v1/approvals')).json.items.length === 1;
  expect(await eventually(isPending, 10_000)).toBe(true);
}

describe.concurrent('SIGTERM', () => {
  it.runIf(thorough)(
    'drains, exits 0 within 10 s whatever is open, and takes its engine along',
    {
      timeout: 60_000,
    },
    async (context) => {
      const service = await start(context);
      const [engine = 0] = engineOf(service.pid);
      expect(isAlive(engine)).toBe(true);
      await leaveSomethingUnderWay(service);
      // A client that never ends its request, and one that never begins one.
      const { port } = new URL(service.baseUrl);
      const stuck = connect(Number(port), '127.0.0.1', () =>
        stuck.write('POST /v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{'),
      );
      const silent = connect(Number(port), '127.0.0.1');
      for (const socket of [stuck, silent]) socket.on('error', () => {});
      await service.call('GET', '/healthz');
      const begun = performance.now();
      const ended = service.kill('SIGTERM');
      setTimeout(() => void service.kill('SIGTERM'), 50);
      setTimeout(() => void service.kill('SIGINT'), 100);
      expect(await ended).toEqual({ code: 0, signal: null });
      expect(performance.now() - begun).toBeLessThan(10_000);
      await expect(fetch(`${service.baseUrl}/healthz`)).rejects.toThrow();
      expect(isAlive(engine)).toBe(false);
      expect(service.output().log).not.toMatch(/"level":"error"/);
      await service.restart();
      expect((await service.call('GET', '/v1/approvals')).json.items).toHaveLength(1);
    },
  );

  it('sent to the whole group of npm start ends it with 0', { timeout: 60_000 }, async (context) => {
    const folder = await makeFolder(context);
    const child = spawn('npm', ['start'], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, WAYBILL_PORT: '0', WAYBILL_DATA_DIR: folder, WAYBILL_ADMIN_TOKEN: 't' },
    });
    const pid = child.pid ?? 0;
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    expect(await eventually(() => out.endsWith('ready\n'), 30_000)).toBe(true);
    const everybody = descendants(pid);
    expect(engineOf(pid)).not.toEqual([]);
    const url = /^API +(\S+)$/m.exec(out)?.[1] ?? '';
    const begun = performance.now();
    // npm passes it on, so the service gets it twice; npm itself no longer listens once the service has ended.
    process.kill(-pid, 'SIGTERM');
    expect(await ended, errors).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(10_000);
    await expect(fetch(url)).rejects.toThrow();
    expect(await eventually(() => everybody.every((one) => !isAlive(one)))).toBe(true);
  });
});

describe.concurrent('kill -9 of the service alone', () => {
  it.runIf(thorough)(
    'leaves no engine behind that would keep the next one out',
    { timeout: 60_000 },
    async (context) => {
      const service = await start(context);
      const [engine = 0] = engineOf(service.pid);
      const [program = '', ...args] = commandLine(engine).slice(0, -1);
      await service.kill('SIGKILL');
      expect(await eventually(() => !isAlive(engine), 2_000)).toBe(true);
      // As on a machine where the kernel does not end it with its parent.
      const leftover = spawn(program, args, { stdio: 'ignore', detached: true });
      context.onTestFinished(() => void leftover.kill('SIGKILL'));
      const pid = leftover.pid ?? 0;
      expect(await eventually(() => isAlive(pid))).toBe(true);
      await service.restart();
      expect(isAlive(pid)).toBe(false);
      expect((await service.call('GET', '/v1/tokens')).status).toBe(200);
    },
  );

  it('ends the service when its engine is killed instead', { timeout: 60_000 }, async (context) => {
    const service = await start(context);
    for (const pid of engineOf(service.pid)) process.kill(pid, 'SIGKILL');
    expect(await eventually(() => !isAlive(service.pid), 5_000)).toBe(true);
    expect(await service.kill('SIGKILL')).toEqual({ code: 1, signal: null });
    expect(service.output().log).toMatch(/^waybill: The embedded DynamoDB ended/m);
  });
});

describe.concurrent('a start that cannot be', () => {
  it.each([
    ['below a file', '/dev/null/waybill', /^waybill: The data folder \/dev\/null\/waybill cannot be made\./m],
    ['where nobody may write', '/proc/waybill', /^waybill: The data folder \/proc\/waybill cannot be made\./m],
  ])('with a data folder %s says so and exits 1', async (_name, path, message) => {
    const ended = await runToExit({ WAYBILL_DATA_DIR: path });
    expect([ended.code, ended.out]).toEqual([1, '']);
    expect(ended.log).toMatch(message);
  });

  const taken = [
    ['a file in the place of its database', 'dynamodb'],
    ['a file in the place of its registry', 'registry'],
    ['a file in the place of its keys', 'keys'],
  ] as const;
  it.for(thorough ? taken : taken.slice(0, 1))(
    'with %s says so and exits 1, leaving nothing running',
    async ([_name, part], context) => {
      const folder = await makeFolder(context);
      await writeFile(join(folder, part), 'in the way');
      const ended = await runToExit({ WAYBILL_DATA_DIR: folder });
      expect([ended.code, ended.out]).toEqual([1, '']);
      const lines = ended.log.split('\n').filter((line) => line.startsWith('waybill: '));
      expect(lines).toEqual([expect.stringContaining(part)]);
      expect(engineOf(process.pid).filter((pid) => commandLine(pid).some((arg) => arg.includes(folder)))).toEqual([]);
    },
  );

  it('reports every bad setting at once', async () => {
    const ended = await runToExit({
      WAYBILL_PORT: '70000',
      WAYBILL_PUBLIC_URL: 'ftp://x',
      WAYBILL_LOG_LEVEL: 'loud',
      WAYBILL_OUTBOUND_ALLOW: 'a b,10.0.0.0/99',
      WAYBILL_OIDC_ISSUER: 'nobody',
      DYNAMODB_ENDPOINT: 'here',
    });
    expect([ended.code, ended.out]).toEqual([1, '']);
    const named = ended.log
      .trim()
      .split('\n')
      .map((line) => /^waybill: (\w+)/.exec(line)?.[1]);
    expect([...new Set(named)].toSorted()).toEqual([
      'DYNAMODB_ENDPOINT',
      'WAYBILL_LOG_LEVEL',
      'WAYBILL_OIDC_ISSUER',
      'WAYBILL_OUTBOUND_ALLOW',
      'WAYBILL_PORT',
      'WAYBILL_PUBLIC_URL',
    ]);
  });
});
