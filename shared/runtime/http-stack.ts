import middy, { type MiddlewareObj } from '@middy/core';
import { problemMediaType } from '../contracts/problem-media-type.ts';
import type { Ports } from '../ports/ports.ts';
import { type CallPorts, callOptions } from './call-stack.ts';
import { problemOf } from './failure-problem.ts';
import type { HttpAnswer, HttpEvent } from './http-event.ts';
import { HttpProblem } from './http-problem.ts';

type StackPorts = CallPorts & Pick<Ports, 'clock'>;
type HttpMiddleware = MiddlewareObj<HttpEvent, HttpAnswer>;

/** A handler as both engines call it: Lambda with its context, the local server with none. */
export type HttpHandler = (event: HttpEvent, context?: unknown) => Promise<HttpAnswer>;

/** What the handler under the stack tells the log about a request. */
export interface RequestNotes {
  /** The route's template, never the path: paths of hooks and callbacks are secrets. */
  route?: string;
  subject?: string;
  /** Of a hook: whose it is, what kind of sender, what came of it. */
  receiver?: string;
  sender?: string;
  outcome?: string;
  deliveryId?: string;
}

export type NotedHandler = (event: HttpEvent, notes: RequestNotes) => Promise<HttpAnswer>;

/** The middy stack of every HTTP door: request log, problems, correlation id, HEAD. */
export function httpStack(ports: StackPorts, handle: NotedHandler): HttpHandler {
  const notes = new WeakMap<HttpEvent, RequestNotes>();
  const notesOf = (event: HttpEvent): RequestNotes => {
    const known = notes.get(event) ?? {};
    notes.set(event, known);
    return known;
  };
  const stacked = middy<HttpEvent, HttpAnswer>(callOptions(ports, outOfTime))
    .use(requestLog(ports, notesOf))
    .use(correlation())
    .use(problems(ports))
    .handler((event) => handle(event, notesOf(event)));
  // middy types the context as Lambda's; nothing in this stack but its early-timeout and `calls` reads one, and both look first.
  return (event, context = {}) => stacked(event, context as never);
}

/** Nobody knows how much of it was done; every route may be asked again. */
function outOfTime(): never {
  const detail = 'The answer took too long; what was asked for may have been done all the same. Ask again.';
  throw new HttpProblem(503, 'timeout', detail, { headers: { 'retry-after': '2' } });
}

/** Method, route, status, time: never headers, query or bodies. */
function requestLog(
  { clock, log, metrics, calls }: StackPorts,
  notesOf: (event: HttpEvent) => RequestNotes,
): HttpMiddleware {
  const started = new WeakMap<HttpEvent, number>();
  const write = (event: HttpEvent, answer: HttpAnswer | null | undefined): void => {
    const now = clock.now();
    if ((answer?.statusCode ?? 500) >= 500) metrics.add('failedRequests');
    log.info('request', {
      method: event.requestContext.http.method,
      ...notesOf(event),
      status: answer?.statusCode,
      ms: now - (started.get(event) ?? now),
      correlationId: event.requestContext.requestId,
    });
  };
  return {
    before: ({ event }) => {
      started.set(event, clock.now());
      calls?.about({ correlation_id: event.requestContext.requestId });
    },
    after: ({ event, response }) => write(event, response),
    onError: ({ event, response }) => write(event, response),
  };
}

/** The id that log lines and a 500 name; and no body where HEAD asked for none. */
function correlation(): HttpMiddleware {
  const finish: HttpMiddleware['after'] = (request) => {
    const { response, event } = request;
    if (response === null || response === undefined) return;
    const headers = { ...response.headers, 'x-request-id': event.requestContext.requestId };
    const body = event.requestContext.http.method === 'HEAD' ? '' : response.body;
    request.response = { ...response, headers, body };
  };
  return { after: finish, onError: finish };
}

/** What was thrown, as problem+json; faults of ours are logged here, once, with their stack. */
function problems({ log }: StackPorts): HttpMiddleware {
  return {
    onError: (request) => {
      const correlationId = request.event.requestContext.requestId;
      const found = problemOf(request.error, correlationId);
      if (found.problem.status >= 500) {
        log.error('request failed', { correlationId, code: found.problem.code, error: request.error });
      }
      request.response = problemAnswer(found);
    },
  };
}

export function problemAnswer(found: HttpProblem): HttpAnswer {
  return {
    statusCode: found.problem.status,
    headers: { 'content-type': problemMediaType, 'cache-control': 'no-store', ...found.headers },
    body: JSON.stringify(found.problem),
    isBase64Encoded: false,
  };
}
