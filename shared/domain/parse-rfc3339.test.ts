import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRfc3339 } from './parse-rfc3339.ts';

it('reads what every platform writes', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
      (date) => {
        expect(parseRfc3339(date.toISOString())).toBe(date.getTime());
      },
    ),
  );
});

it.each([
  ['1970-01-01T00:00:00Z', 0],
  ['2026-11-20T10:00:00Z', 1_795_168_800_000],
  ['2026-11-20T10:00:00.123456789Z', 1_795_168_800_123],
  ['2026-11-20t10:00:00.5z', 1_795_168_800_500],
  ['2026-11-20 12:30:00+02:30', 1_795_168_800_000],
  ['2026-11-20T05:00:00-05:00', 1_795_168_800_000],
  ['2024-02-29T00:00:00Z', 1_709_164_800_000],
  ['0001-01-01T00:00:00Z', -62_135_596_800_000],
])('%s is %i', (text, at) => {
  expect(parseRfc3339(text)).toBe(at);
});

it.each([
  '',
  '2026-11-20',
  '2026-11-20T10:00:00',
  '2026-11-20T10:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-11-20T24:00:00Z',
  '2026-11-20T10:60:00Z',
  '2026-11-20T10:00:61Z',
  '2026-11-20T10:00:00+24:00',
  ' 2026-11-20T10:00:00Z',
  `2026-11-20T10:00:00.${'1'.repeat(100)}Z`,
])('does not read %j', (text) => {
  expect(parseRfc3339(text)).toBeUndefined();
});
