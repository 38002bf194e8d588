import type { Sha256 } from '../ports/clock.ts';
import type { HttpAnswer, HttpEvent } from './http-event.ts';

/** Adds the strong ETag of the body, and answers 304 where If-None-Match has it (RFC 9110, section 13.1.2). */
export function conditionalAnswer(event: HttpEvent, answer: HttpAnswer, sha256: Sha256): HttpAnswer {
  if (answer.statusCode !== 200) return answer;
  const headers = { ...answer.headers, 'cache-control': 'private, no-cache' };
  return withEtag(event, { ...answer, headers }, `"${sha256(answer.body).slice(0, 32)}"`);
}

/** The answer with a strong ETag, or 304 where the caller has it. */
export function withEtag(event: HttpEvent, answer: HttpAnswer, etag: string): HttpAnswer {
  const headers: Readonly<Record<string, string>> = { ...answer.headers, etag };
  const condition = event.headers['if-none-match'];
  if (condition === undefined || !names(condition, etag)) return { ...answer, headers };
  const { 'content-type': _none, ...kept } = headers;
  return { statusCode: 304, headers: kept, body: '', isBase64Encoded: false };
}

/** Weak comparison, as If-None-Match wants it: `W/` is ignored. */
function names(condition: string, etag: string): boolean {
  if (condition.trim() === '*') return true;
  return condition.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}
