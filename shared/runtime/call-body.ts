import { jsonSyntaxMessage } from '../contracts/json-syntax.ts';
import type { BodyContract } from '../contracts/route-contract.ts';
import { readWith } from '../contracts/schema.ts';
import { bodyBytes, type HttpEvent, mediaType } from './http-event.ts';
import { HttpProblem, invalidProblem } from './http-problem.ts';

/** The bound of every body whose route names none. */
export const defaultMaxBytes = 1024 * 1024;

/** JSON nested deeper than this is nobody's input, and recursive readers would pay for it. */
const deepestJson = 64;

/** Reads a request's body by its contract: 413, 415, 400 and 422 in this order. */
export function readBody<B>(contract: BodyContract<B> | undefined, event: HttpEvent): unknown {
  if (contract === undefined) return undefined;
  const bytes = bodyBytes(event);
  checkSize(bytes, contract.maxBytes ?? defaultMaxBytes);
  if (contract.kind === 'bytes') {
    checkMediaType(event, contract.mediaTypes);
    return bytes;
  }
  if (bytes.length === 0 && contract.optional === true) return readJsonBody(contract, {});
  checkMediaType(event, ['application/json']);
  return readJsonBody(contract, parseJson(bytes));
}

function readJsonBody<B>(contract: Extract<BodyContract<B>, { kind: 'json' }>, value: unknown): B {
  const read = readWith(contract.schema, value);
  if (read.kind === 'invalid') throw invalidProblem(read.errors);
  return read.value;
}

function checkSize(bytes: Uint8Array, maxBytes: number): void {
  if (bytes.length <= maxBytes) return;
  throw new HttpProblem(
    413,
    'tooLarge',
    `The body has ${bytes.length} bytes; at most ${maxBytes} are taken here. Send less.`,
  );
}

function checkMediaType(event: HttpEvent, allowed: readonly string[]): void {
  const sent = mediaType(event);
  if (allowed.includes(sent) || allowed.includes('*/*')) return;
  const named = sent === '' ? 'There is no content-type' : `The content-type ${sent.slice(0, 100)} is not taken`;
  throw new HttpProblem(415, 'unsupportedMediaType', `${named}; send ${allowed.join(' or ')}.`, {
    headers: { accept: allowed.join(', ') },
  });
}

/** Bytes to JSON; 400 that says where it went wrong. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  checkDepth(text);
  try {
    return JSON.parse(text, /\\u[dD][89a-fA-F]/.test(text) ? wellFormed : undefined);
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    throw malformed(`The body is not JSON: ${jsonSyntaxMessage(error)}.`);
  }
}

/** An escaped half of a surrogate pair is JSON, but no Unicode text: no store keeps it as it came. */
function wellFormed(key: string, value: unknown): unknown {
  const isSound = key.isWellFormed() && (typeof value !== 'string' || value.isWellFormed());
  if (!isSound) throw malformed('A text of the body holds half a surrogate pair.');
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
}

function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    if (depth > deepestJson) throw malformed(`The body is nested deeper than ${deepestJson} levels.`);
  }
}

function malformed(detail: string): HttpProblem {
  return new HttpProblem(400, 'malformed', detail);
}
