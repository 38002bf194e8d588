import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface ServiceProcess {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Ends it as an operator would; the exit code, null when it had to be killed. */
  stop(): Promise<number | null>;
}

export interface ServiceSettings {
  readonly dataDir: string;
  readonly deployRoot: string;
  readonly adminToken: string;
}

const readyWithinMs = 15_000;
const stopWithinMs = 12_000;

/** `npm start` on a free port, over a folder of its own; answers when it has said `ready`. */
export async function startServiceProcess(settings: ServiceSettings): Promise<ServiceProcess> {
  const main = join(import.meta.dirname, '..', 'main.ts');
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: {
      ...process.env,
      WAYBILL_PORT: '0',
      WAYBILL_HOST: '127.0.0.1',
      WAYBILL_PUBLIC_URL: '',
      DYNAMODB_ENDPOINT: '',
      WAYBILL_DATA_DIR: settings.dataDir,
      WAYBILL_DEPLOY_ROOTS: settings.deployRoot,
      WAYBILL_ADMIN_TOKEN: settings.adminToken,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
    child.once('error', () => resolve(null));
  });
  const log = lastLines(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), readyWithinMs);
  const url = await readAddress(child);
  clearTimeout(timer);
  if (url === undefined) throw new Error(`The service was expected to say ready. It ended; its last words:\n${log()}`);
  return { url, stop: () => stop(child, ended) };
}

/** Stopping what has ended answers at once. */
async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<number | null> {
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  child.kill('SIGTERM');
  const code = await ended;
  clearTimeout(timer);
  return code;
}

/** Undefined if its output ends before it is ready. */
async function readAddress(child: ChildProcess): Promise<string | undefined> {
  if (child.stdout === null) return undefined;
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    url ??= /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (line === 'ready') return url;
  }
  return undefined;
}

function lastLines(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-2_000);
  });
  return () => text.trim();
}
