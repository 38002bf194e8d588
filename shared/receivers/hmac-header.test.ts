import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type HmacHeader, hmacSecretFault, verifyHmacHeader } from './hmac-header.ts';

const secret = "It's a Secret to Everybody";
const body = new TextEncoder().encode('Hello, World!');
/** docs.github.com, "Validating webhook deliveries". */
const documented = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
const github: HmacHeader = { header: 'x-hub-signature-256', algorithm: 'sha256', prefix: 'sha256=' };
const sha1 = createHmac('sha1', secret).update(body).digest('hex');
const base64 = createHmac('sha256', secret).update(body).digest('base64');

function isTaken(value: string, options: HmacHeader, secrets: readonly string[] = [secret]): boolean {
  const raw = { headers: { [options.header]: value }, query: {}, body, receivedAt: 0 };
  return verifyHmacHeader(raw, secrets, options) !== undefined;
}

describe('a signature', () => {
  it.each<[string, string, HmacHeader, boolean]>([
    ['as documented', documented, github, true],
    ['without its prefix', documented.slice(7), github, false],
    ['with another prefix', documented.replace('sha256', 'sha1'), github, false],
    ['in capitals', documented.toUpperCase().replace('SHA256', 'sha256'), github, false],
    ['cut short', documented.slice(0, -2), github, false],
    ['with something behind it', `${documented}00`, github, false],
    ['empty', '', github, false],
    ['its prefix alone', 'sha256=', github, false],
    ['twice, as doubled headers are joined', `${documented}, ${documented}`, github, false],
    ['of SHA-1 where that is the algorithm', sha1, { header: 'x', algorithm: 'sha1' }, true],
    ['of SHA-1 where it is not', sha1, { header: 'x', algorithm: 'sha256' }, false],
    ['in base64', base64, { header: 'x', algorithm: 'sha256', encoding: 'base64' }, true],
    ['in base64 where hex is meant', base64, { header: 'x', algorithm: 'sha256' }, false],
  ])('%s', (_, value, options, taken) => {
    expect(isTaken(value, options)).toBe(taken);
  });

  it('by any of the secrets, none of them empty', () => {
    expect(isTaken(documented, github, ['another', secret])).toBe(true);
    expect(isTaken(documented, github, [])).toBe(false);
    const empty = `sha256=${createHmac('sha256', '').update(body).digest('hex')}`;
    expect(isTaken(empty, github, [''])).toBe(false);
  });
});

it.each([
  [secret, true],
  ['0123456789abcdef', true],
  ['0123456789abcde', false],
  [' 123456789abcdef ', false],
  ['x'.repeat(1025), false],
])('secret %j: %s', (text, good) => {
  expect(hmacSecretFault(text) === undefined).toBe(good);
});
