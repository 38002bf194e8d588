import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeUtf8 } from './bytes.ts';

it('encodes as the platform does, broken surrogates too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0xd800, max: 0xdfff }), (text, half) => {
      const whole = `${text}${String.fromCharCode(half)}é€😀`;
      expect(Buffer.from(encodeUtf8(whole)).equals(new TextEncoder().encode(whole))).toBe(true);
    }),
  );
});
