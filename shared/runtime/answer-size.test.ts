import { expect, it } from 'vitest';
import { longestAnswer, withinLimit } from './answer-size.ts';
import type { HttpAnswer, HttpEvent } from './http-event.ts';

const event: HttpEvent = {
  rawPath: '/v1/executions',
  rawQueryString: '',
  headers: {},
  requestContext: { requestId: 'r', http: { method: 'GET' } },
  isBase64Encoded: false,
};
const answer = (body: string): HttpAnswer => ({ statusCode: 200, headers: {}, body, isBase64Encoded: false });
const bytes = (one: HttpAnswer): number => Buffer.byteLength(JSON.stringify(one));
const room = longestAnswer - bytes(answer(''));

it.each<[string, string, number]>([
  ['nothing', '', 200],
  ['a plain text that just fits', 'x'.repeat(room), 200],
  ['one byte more', 'x'.repeat(room + 1), 422],
  ['quotes, which take two bytes each', '"'.repeat(room / 2 + 1), 422],
  ['characters that take six bytes each', '\u0001'.repeat(room / 6 + 1), 422],
  ['characters of three bytes', '€'.repeat(room / 3 + 1), 422],
])('%s', async (_, body, status) => {
  const given = await withinLimit(async () => answer(body))(event);
  expect(given.statusCode).toBe(status);
  expect(bytes(given)).toBeLessThanOrEqual(longestAnswer);
  if (status === 422) expect(JSON.parse(given.body)).toMatchObject({ code: 'answerTooLarge' });
});
