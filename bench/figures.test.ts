import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, quantile, spreadOf } from './figures.ts';

describe('quantile', () => {
  it.each([
    ['one value', [7], 0.99, 7],
    ['the middle of three, unsorted', [3, 1, 2], 0.5, 2],
    ['the lower middle of four', [4, 3, 2, 1], 0.5, 2],
    ['numbers, not texts', [10, 9, 100], 1, 100],
    ['the least', [3, 1, 2], 0, 1],
  ])('of %s', (_, values, share, wanted) => {
    expect(quantile(values, share)).toBe(wanted);
  });

  it('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });

  it('is a value that was measured, with at most so many below it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const found = quantile(values, share);
          const below = values.filter((value) => value < found).length;
          return values.includes(found) && below <= share * values.length;
        },
      ),
    );
  });
});

it('spreads a hundred measurements', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(spreadOf(values)).toEqual({ count: 100, p50: 50, p99: 99 });
});
