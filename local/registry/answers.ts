import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Codes of the distribution spec; STORAGE_FULL is ours, for 507. */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'STORAGE_FULL'
  | 'UNAVAILABLE'
  | 'UNKNOWN';

export interface FileBody {
  readonly path: string;
  /** First and last byte, both inclusive. */
  readonly start: number;
  readonly end: number;
}

/** What a route answers, before anything is written to the socket. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | FileBody;
}

export function answer(status: number, headers: Readonly<Record<string, string>> = {}, body?: Answer['body']): Answer {
  return { status, headers, body };
}

export function jsonAnswer(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return answer(200, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
}

export interface RefusalOptions {
  readonly detail?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error in the form that distribution clients read: `{errors: [{code, message, detail}]}`. */
export function refuse(status: number, code: ErrorCode, message: string, options: RefusalOptions = {}): Answer {
  const body = JSON.stringify({ errors: [{ code, message, detail: options.detail ?? {} }] });
  return answer(status, { 'content-type': 'application/json', ...options.headers }, body);
}

/** What a client may still send after it was answered; beyond it the connection is cut. */
const drainedBytes = 16 * 1024 * 1024;

export async function send(request: IncomingMessage, response: ServerResponse, given: Answer): Promise<void> {
  drain(request);
  const body = given.body ?? '';
  const length = bodyLength(body);
  const declared = given.headers['content-length'] ?? String(length);
  response.writeHead(given.status, {
    'docker-distribution-api-version': 'registry/2.0',
    'x-content-type-options': 'nosniff',
    ...given.headers,
    'content-length': declared,
  });
  if (request.method === 'HEAD' || length === 0) response.end();
  else if (typeof body === 'string' || body instanceof Uint8Array) response.end(body);
  else await pipeline(createReadStream(body.path, { start: body.start, end: body.end }), response);
}

function bodyLength(body: NonNullable<Answer['body']>): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.byteLength : body.end - body.start + 1;
}

/** Cutting the connection at once would lose the answer: the client resets before it reads. */
function drain(request: IncomingMessage): void {
  if (request.complete) return;
  let seen = 0;
  request.on('data', (chunk: Uint8Array) => {
    seen += chunk.byteLength;
    if (seen > drainedBytes) request.destroy();
  });
  request.on('error', () => {});
  request.resume();
}
