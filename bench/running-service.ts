import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The whole service as `npm start` runs it, in a process of its own over a folder of its own. */
export interface RunningService {
  readonly url: string;
  /** Of the table engine that it started. */
  readonly dynamoEndpoint: string;
  /** From spawn to `ready`. */
  readonly readyMs: number;
  /** What `directory` steps deploy under. */
  readonly site: string;
  /** Resident memory of each process of its tree, by program. */
  memory(): TreeMemory;
  /** Bytes in use after a full collection; only with `probe`. */
  heapBytes(): Promise<number>;
  call(method: string, path: string, body?: object): Promise<unknown>;
  stop(): Promise<void>;
}

export interface TreeMemory {
  readonly totalMb: number;
  readonly serviceMb: number;
  readonly engineMb: number;
}

const adminToken = 'bench-admin-token';

export async function startRunningService(
  options: { readonly probe?: boolean; readonly profile?: string } = {},
): Promise<RunningService> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  const start = performance.now();
  const child = spawnService(folder, options);
  const engine = engineEndpoint(child);
  const url = await readyUrl(child);
  const readyMs = performance.now() - start;
  return {
    url,
    dynamoEndpoint: await engine,
    readyMs,
    site: join(folder, 'site'),
    memory: () => treeMemory(child.pid ?? 0),
    heapBytes: () => askHeap(child),
    call: (method, path, body) => callApi(url, { method, path, body }),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function spawnService(
  folder: string,
  { probe, profile }: { readonly probe?: boolean; readonly profile?: string },
): ChildProcess {
  const main = join(import.meta.dirname, '..', 'local', 'main.ts');
  const probing = probe === true ? ['--expose-gc', '--import', join(import.meta.dirname, 'memory-probe.ts')] : [];
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...probing, ...profiling, main], {
    env: {
      ...process.env,
      WAYBILL_PORT: '0',
      WAYBILL_DATA_DIR: join(folder, 'data'),
      WAYBILL_DEPLOY_ROOTS: join(folder, 'site'),
      WAYBILL_ADMIN_TOKEN: adminToken,
      WAYBILL_OUTBOUND_ALLOW: '127.0.0.1',
      DYNAMODB_ENDPOINT: '',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** The service says in its log on which port its engine listens. */
function engineEndpoint(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stderr === null) return reject(new Error('The service has no log.'));
    const lines = createInterface({ input: child.stderr });
    lines.on('line', (line) => {
      const port = /"message":"embedded DynamoDB started".*"port":(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
      else if (line.includes('"level":"error"') || line.includes('"level":"warn"'))
        process.stderr.write(`service: ${line}\n`);
    });
    lines.on('close', () => reject(new Error('The service did not start its engine.')));
  });
}

async function readyUrl(child: ChildProcess): Promise<string> {
  let url: string | undefined;
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      url ??= /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (line === 'ready' && url !== undefined) return url;
    }
  }
  throw new Error('The service ended before it was ready.');
}

async function callApi(
  url: string,
  call: { readonly method: string; readonly path: string; readonly body?: object },
): Promise<unknown> {
  const answer = await fetch(`${url}${call.path}`, {
    method: call.method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${call.method} ${call.path} answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}

/** `ps` is on every Unix; the columns are kilobytes. */
function treeMemory(root: number): TreeMemory {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,rss='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const children = rows.filter(([, parent]) => parent === root);
  const mb = (of: readonly (readonly number[])[]) => of.reduce((sum, [, , kb = 0]) => sum + kb, 0) / 1_024;
  const serviceMb = mb(rows.filter(([pid]) => pid === root));
  const engineMb = mb(children);
  return { serviceMb, engineMb, totalMb: serviceMb + engineMb };
}

function askHeap(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', (bytes) => resolve(Number(bytes)));
    child.send('heap');
  });
}
