import type { ReceiveAnswer, ReceiveInput } from '../../shared/flows/receive-delivery.ts';
import { bodyBytes, type HttpAnswer, type HttpEvent, queryOf } from '../../shared/runtime/http-event.ts';
import { HttpProblem, notFoundProblem } from '../../shared/runtime/http-problem.ts';

/** Of a sender's body (contract 4). */
const maxBytes = 1024 * 1024;

/** The call as bytes; nothing in it is believed yet. 413 comes before everything else. */
export function readHook(event: HttpEvent, receivedAt: number): ReceiveInput {
  const body = bodyBytes(event);
  if (body.length > maxBytes) {
    throw new HttpProblem(413, 'tooLarge', `The body has ${body.length} bytes; at most ${maxBytes} are taken.`);
  }
  const hookId = /^\/v1\/hooks\/([0-9A-Za-z_-]{1,200})$/.exec(event.rawPath)?.[1];
  if (hookId === undefined) throw notFoundProblem('hook');
  if (event.requestContext.http.method !== 'POST') {
    throw new HttpProblem(405, 'methodNotAllowed', 'A hook takes POST.', { headers: { allow: 'POST' } });
  }
  return { hookId, raw: { headers: headersOf(event), query: queryOf(event), body, receivedAt } };
}

function headersOf(event: HttpEvent): Readonly<Record<string, string>> {
  const entries = Object.entries(event.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), value] as const],
  );
  return Object.fromEntries(entries);
}

export function answerOf(answer: ReceiveAnswer): HttpAnswer {
  switch (answer.kind) {
    case 'accepted':
      return accepted({ deliveryId: answer.deliveryId, events: answer.events });
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

function accepted(body: object): HttpAnswer {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { statusCode: 202, headers, body: JSON.stringify(body), isBase64Encoded: false };
}
