import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { maxRouteBytes } from '../shared/domain/content.ts';
import type { Log } from '../shared/ports/clock.ts';
import type { HttpAnswer } from '../shared/runtime/http-event.ts';
import { HttpProblem } from '../shared/runtime/http-problem.ts';
import { type HttpHandler, problemAnswer } from '../shared/runtime/http-stack.ts';
import { httpEvent, writeAnswer } from './http-event.ts';
import { readRequest } from './read-request.ts';

/** What is behind the doors, once it is wired. */
export interface Doors {
  readonly api: HttpHandler;
  readonly hooks: HttpHandler;
  /** Everything below /v2; never rejects. */
  registry(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  readonly limits?: Partial<ServerLimits>;
}

export interface ServerLimits {
  /** Of hooks and API calls; the registry has its own. Default 1 MiB. */
  readonly bodyBytes: number;
  /** Of artifacts' content; default 4 MiB. */
  readonly contentBytes: number;
  /** To receive a body of those; default 30 s. */
  readonly bodyMs: number;
  /** Without a byte either way, any connection; default 120 s. */
  readonly idleMs: number;
}

export interface HttpServer {
  readonly port: number;
  /** Where it listens, for the console: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** From here on traffic is accepted; before it every request is answered 503. */
  open(doors: Doors): void;
  /** Accepts nothing more, lets requests under way end for at most so long, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

interface State {
  doors: Doors | undefined;
  closing: boolean;
}

const defaults: ServerLimits = {
  bodyBytes: 1024 * 1024,
  contentBytes: maxRouteBytes,
  bodyMs: 30_000,
  idleMs: 120_000,
};
const isContent = /^\/v1\/artifacts\/[^/]+\/content$/;

/** Listens at once, so that a port in use is known before anything else is begun. Rejects with a sentence for people. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...defaults, ...options.limits };
  const state: State = { doors: undefined, closing: false };
  // As API Gateway does: repeated headers joined, so that two Authorization headers are one that is not valid.
  const settings = { joinDuplicateHeaders: true, requestTimeout: 0, headersTimeout: 15_000, keepAliveTimeout: 65_000 };
  const server = createServer(settings, (request, response) => {
    answer(state, limits, { request, response }).catch((error: unknown) => {
      options.log.error('a request could not be answered', { error });
      response.destroy();
    });
  });
  server.setTimeout(limits.idleMs);
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${urlHost(options.host)}:${port}`,
    open(doors) {
      state.doors = doors;
    },
    async close(graceMs) {
      state.closing = true;
      await closeServer(server, graceMs);
    },
  };
}

async function listen(server: Server, { host, port }: HttpServerOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Error(listenFault(error, host, port))));
    server.listen(port, host, resolve);
  });
  server.removeAllListeners('error');
}

function listenFault(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use. Stop what listens there, or set WAYBILL_PORT (0 = any free port).`;
  }
  if (error.code === 'EACCES') return `Port ${port} may not be listened on by this user. Set WAYBILL_PORT above 1023.`;
  return `Cannot listen on ${host} port ${port} (${error.code ?? error.message}). Check WAYBILL_HOST and WAYBILL_PORT.`;
}

/** As it stands in a URL: IPv6 in brackets, "every address" as the loopback one that reaches it. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  // A connection that was answering when the server closed stays open for the client's next request, which will not come.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearInterval(idle);
  clearTimeout(cut);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function answer(state: State, limits: ServerLimits, { request, response }: Exchange): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const write = (given: HttpAnswer, close = state.closing) => writeAnswer(request, response, { answer: given, close });
  if (state.doors === undefined) return write(starting(), true);
  if (path === '/v2' || path.startsWith('/v2/')) return state.doors.registry(request, response);
  const maxBytes = isContent.test(path) ? limits.contentBytes : limits.bodyBytes;
  const read = await readRequest(request, { maxBytes, timeoutMs: limits.bodyMs });
  if (read.kind === 'aborted') return;
  if (read.kind !== 'ok') {
    return write(read.kind === 'tooLarge' ? tooLarge(maxBytes) : tooSlow(limits), true);
  }
  const handler = path.startsWith('/v1/hooks/') ? state.doors.hooks : state.doors.api;
  write(await handler(httpEvent(request, read.body)));
}

function starting(): HttpAnswer {
  const detail = 'The service is starting. Ask again in a moment.';
  return problemAnswer(new HttpProblem(503, 'starting', detail, { headers: { 'retry-after': '1' } }));
}

function tooLarge(maxBytes: number): HttpAnswer {
  return problemAnswer(new HttpProblem(413, 'tooLarge', `The body has more than ${maxBytes} bytes. Send less.`));
}

function tooSlow({ bodyMs }: ServerLimits): HttpAnswer {
  return problemAnswer(new HttpProblem(408, 'tooSlow', `The body did not arrive within ${bodyMs / 1000} s.`));
}
