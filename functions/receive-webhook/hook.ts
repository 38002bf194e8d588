import type { ServiceMetric } from '../../shared/domain/service-metrics.ts';
import type { PreflightAnswer } from '../../shared/flows/answer-preflight.ts';
import type { ReceiveAnswer, ReceiveInput } from '../../shared/flows/receive-delivery.ts';
import type { Handshake } from '../../shared/receivers/receiver-type.ts';
import { bodyBytes, type HttpAnswer, type HttpEvent, queryOf } from '../../shared/runtime/http-event.ts';
import { HttpProblem, notFoundProblem } from '../../shared/runtime/http-problem.ts';
import type { RequestNotes } from '../../shared/runtime/http-stack.ts';

/** Of a sender's body (contract 4). */
const maxBytes = 1024 * 1024;

/** OPTIONS asks whether it may send (CloudEvents HTTP web hook, section 4). */
export interface Hook extends ReceiveInput {
  readonly method: 'POST' | 'OPTIONS';
}

/** The call as bytes; nothing in it is believed yet. 413 comes before everything else. */
export function readHook(event: HttpEvent, receivedAt: number): Hook {
  const body = bodyBytes(event);
  if (body.length > maxBytes) {
    throw new HttpProblem(413, 'tooLarge', `The body has ${body.length} bytes; at most ${maxBytes} are taken.`);
  }
  const hookId = /^\/v1\/hooks\/([0-9A-Za-z_-]{1,200})$/.exec(event.rawPath)?.[1];
  if (hookId === undefined) throw notFoundProblem('hook');
  const { method } = event.requestContext.http;
  if (method !== 'POST' && method !== 'OPTIONS') throw methodProblem();
  return { method, hookId, raw: { headers: headersOf(event), query: queryOf(event), body, receivedAt } };
}

function methodProblem(): HttpProblem {
  return new HttpProblem(405, 'methodNotAllowed', 'A hook takes POST.', { headers: { allow: 'POST' } });
}

function headersOf(event: HttpEvent): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.headers))
    if (value !== undefined) headers[name.toLowerCase()] = value;
  return headers;
}

export function preflightAnswerOf(answer: PreflightAnswer): HttpAnswer {
  if (answer.kind === 'handshake') return handshake(answer.answer);
  throw answer.kind === 'unknownHook' ? notFoundProblem('hook') : methodProblem();
}

/** What the log is told: nothing of what the sender said. */
export function notesOf(answer: ReceiveAnswer): RequestNotes {
  const { receiver, sender, kind: outcome } = answer;
  return { receiver, sender, outcome, deliveryId: answer.kind === 'accepted' ? answer.deliveryId : undefined };
}

/** A handshake is neither. */
export function metricOf({ kind }: ReceiveAnswer): ServiceMetric | undefined {
  if (kind === 'handshake') return undefined;
  return kind === 'accepted' ? 'deliveriesAccepted' : 'deliveriesRefused';
}

export function answerOf(answer: ReceiveAnswer): HttpAnswer {
  switch (answer.kind) {
    case 'accepted':
      return accepted({ deliveryId: answer.deliveryId, events: answer.events });
    case 'handshake':
      return handshake(answer.answer);
    case 'unknownHook':
      throw notFoundProblem('hook');
    case 'unproven':
      throw new HttpProblem(401, 'unproven', 'The proof is missing or wrong. Check the secret of this receiver.');
    case 'unsupportedMediaType':
      throw new HttpProblem(415, 'unsupportedMediaType', answer.message);
    case 'malformed':
      throw new HttpProblem(400, 'malformed', answer.message);
  }
}

/** What a sender asks before it sends, in the sender's own form. */
function handshake({ status, headers = {}, body = '' }: Handshake): HttpAnswer {
  return { statusCode: status, headers: { 'cache-control': 'no-store', ...headers }, body, isBase64Encoded: false };
}

function accepted(body: object): HttpAnswer {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { statusCode: 202, headers, body: JSON.stringify(body), isBase64Encoded: false };
}
