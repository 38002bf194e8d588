import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compactTime, rfc3339 } from './times.ts';

it.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [951_782_399_999, '2000-02-28T23:59:59.999Z'],
  [951_782_400_000, '2000-02-29T00:00:00.000Z'],
  [1_795_169_700_000, '2026-11-20T10:15:00.000Z'],
])('%i is %s', (at, text) => {
  expect(rfc3339(at)).toBe(text);
});

it('agrees with the platform for every instant of 8,000 years', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 190_000_000_000_000 }), (at) => {
      const iso = new Date(at).toISOString();
      expect(rfc3339(at)).toBe(iso);
      expect(compactTime(at)).toBe(`${iso.slice(0, 19).replaceAll(/[-:]/g, '')}Z`);
    }),
  );
});
