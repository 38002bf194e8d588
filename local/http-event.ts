import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAnswer, HttpEvent } from '../shared/runtime/http-event.ts';

/** A request with its body as the event that API Gateway makes of one: the same handlers read both. */
export function httpEvent(request: IncomingMessage, body: Uint8Array): HttpEvent {
  const url = request.url ?? '/';
  const queryAt = url.indexOf('?');
  return {
    rawPath: queryAt === -1 ? url : url.slice(0, queryAt),
    rawQueryString: queryAt === -1 ? '' : url.slice(queryAt + 1),
    headers: headersOf(request),
    requestContext: { requestId: randomUUID(), http: { method: request.method ?? 'GET' } },
    ...(body.length === 0 ? {} : { body: Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64') }),
    isBase64Encoded: true,
  };
}

function headersOf(request: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

export interface WriteOptions {
  /** The connection is not used again. */
  readonly close?: boolean;
}

/** Writes a handler's answer; HEAD, 204 and 304 have no body and, being about another one, no length. */
export function writeAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, close }: WriteOptions & { readonly answer: HttpAnswer },
): void {
  // Text goes out with the head in one piece; bytes would be a piece of their own.
  const body = answer.isBase64Encoded ? Buffer.from(answer.body, 'base64') : answer.body;
  const isBodiless = request.method === 'HEAD' || answer.statusCode === 204 || answer.statusCode === 304;
  response.writeHead(answer.statusCode, {
    ...answer.headers,
    'x-content-type-options': 'nosniff',
    ...(isBodiless ? {} : { 'content-length': Buffer.byteLength(body) }),
    ...(close === true ? { connection: 'close' } : {}),
  });
  response.end(isBodiless ? undefined : body);
}
