import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isBase64 } from './base64.ts';

it.each([
  ['YWJj', true],
  ['YWI=', true],
  ['YWI', true],
  ['YQ==', true],
  ['YQ', true],
  ['+/+/', true],
  ['', false],
  ['=', false],
  ['Y', false],
  ['YQ=', false],
  ['YWJjZ', false],
  ['YWI==', false],
  ['YW=I', false],
  ['YWJj\n', false],
  ['YW Jj', false],
  ['YWJ-', false],
  ['ä234', false],
])('%j: %s', (text, expected) => {
  expect(isBase64(text)).toBe(expected);
});

it('takes what any encoder writes, padded or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      expect([isBase64(text), isBase64(text.replace(/=+$/, ''))]).toEqual([true, true]);
    }),
  );
});
