import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import type { Log } from '../shared/ports/clock.ts';
import { endLeftovers } from './leftover-engine.ts';

export interface EmbeddedDynamo {
  readonly endpoint: string;
  readonly engine: 'dynoxide' | 'dynalite' | 'external';
  stop(): Promise<void>;
}

export interface EmbeddedDynamoOptions {
  /** The engine's own folder; must be held by this process alone (data-folder.ts). Absent = in memory. */
  readonly folder?: string;
  readonly log: Log;
  /** `DYNAMODB_ENDPOINT`: another engine, which is neither started nor stopped here. */
  readonly endpoint?: string;
  /** The engine ended without being asked to: nothing can be stored any more. */
  readonly onExit?: (message: string) => void;
  /** For tests; else the native engine where there is a binary for this platform. */
  readonly engine?: 'dynoxide' | 'dynalite';
}

/** Starts the engine that keeps the table on this machine and answers when it takes requests. */
export async function startEmbeddedDynamo(options: EmbeddedDynamoOptions): Promise<EmbeddedDynamo> {
  if (options.endpoint !== undefined && options.endpoint !== '') {
    return { endpoint: options.endpoint, engine: 'external', stop: async () => {} };
  }
  if (options.folder !== undefined) await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const binary = options.engine === 'dynalite' ? undefined : findBinary();
  if (binary !== undefined) return startDynoxide(binary, options);
  if (options.engine === 'dynoxide') throw new Error('There is no dynoxide binary for this platform.');
  return startDynalite(options);
}

function findBinary(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide');
  } catch {
    return undefined;
  }
}

/** Another program may take the free port before the engine does; then another is tried. */
const starts = 5;

async function startDynoxide(binary: string, options: EmbeddedDynamoOptions): Promise<EmbeddedDynamo> {
  const dbPath = options.folder === undefined ? undefined : join(resolve(options.folder), 'dynoxide.db');
  if (dbPath !== undefined) await endLeftovers('dynoxide', dbPath);
  for (let start = 1; ; start += 1) {
    const port = await freePort();
    const child = spawnEngine(binary, { port, dbPath });
    const output = collectOutput(child);
    if (await isReady(child, port, output)) {
      options.log.info('embedded DynamoDB started', { engine: 'dynoxide', port });
      return running(child, { port, output, onExit: options.onExit });
    }
    child.kill('SIGKILL');
    if (start === starts) throw new Error(`The embedded DynamoDB did not start: ${output()}`);
  }
}

/**
 * In a process group of its own: a SIGTERM or an interrupt to our group must not end it while requests are drained.
 * With setpriv the kernel ends it when this process dies, however it dies; what survives elsewhere is ended at the next start.
 */
function spawnEngine(
  binary: string,
  engine: { readonly port: number; readonly dbPath: string | undefined },
): ChildProcess {
  const args = ['serve', '--host', '127.0.0.1', '--port', String(engine.port)];
  if (engine.dbPath !== undefined) args.push('--db-path', engine.dbPath);
  const setpriv = '/usr/bin/setpriv';
  const command = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', binary] : [binary];
  const [program = binary, ...before] = command;
  return spawn(program, [...before, ...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The last of what the engine printed, for the message when it fails. */
function collectOutput(child: ChildProcess): () => string {
  let output = '';
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-2_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  child.on('error', (error) => collect(Buffer.from(error.message)));
  return () => output.trim() || 'it printed nothing';
}

const readyWithinMs = 10_000;

/** False if the engine ended or did not listen in time. It says "listening" only once the port is its own. */
async function isReady(child: ChildProcess, port: number, output: () => string): Promise<boolean> {
  const until = Date.now() + readyWithinMs;
  const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  while (!ended() && Date.now() < until) {
    if (output().includes('listening') && (await canConnect(port))) return !ended();
    await new Promise((next) => setTimeout(next, 5));
  }
  return false;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      answer(true);
    });
    socket.once('error', () => answer(false));
  });
}

const stopWithinMs = 2_000;

function running(
  child: ChildProcess,
  state: {
    readonly port: number;
    readonly output: () => string;
    readonly onExit: ((message: string) => void) | undefined;
  },
): EmbeddedDynamo {
  let stopping = false;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.once('exit', (code, signal) => {
    if (!stopping) state.onExit?.(`The embedded DynamoDB ended (${signal ?? `code ${code}`}): ${state.output()}`);
  });
  return {
    endpoint: `http://127.0.0.1:${state.port}`,
    engine: 'dynoxide',
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

type Dynalite = (options: { readonly path?: string; readonly createTableMs: number }) => Server;

/** In this process: slower, and for platforms without the binary. */
async function startDynalite(options: EmbeddedDynamoOptions): Promise<EmbeddedDynamo> {
  const dynalite = await loadDynalite();
  const path = options.folder === undefined ? {} : { path: join(options.folder, 'dynalite') };
  const server = dynalite({ ...path, createTableMs: 0 });
  const port = await listen(server, 0);
  options.log.info('embedded DynamoDB started', { engine: 'dynalite', port });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    engine: 'dynalite',
    stop: () => new Promise((done, fail) => server.close((error) => (error ? fail(error) : done()))),
  };
}

async function loadDynalite(): Promise<Dynalite> {
  const name: string = 'dynalite';
  const loaded: { readonly default: Dynalite } = await import(name).catch((cause: unknown) => {
    throw new Error('No embedded DynamoDB is installed. Run npm install, or set DYNAMODB_ENDPOINT.', { cause });
  });
  return loaded.default;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0);
  await new Promise((done) => server.close(done));
  return port;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => done(portOf(server.address())));
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
