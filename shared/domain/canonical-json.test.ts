import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import type { Json } from './json.ts';

describe('canonicalJson', () => {
  it.each<[Json, string]>([
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5 }, '{"\\r":2,"1":4,"€":1,"😀":5,"\ufb33":3}'],
    [[333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0], '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]'],
    ['\u000f\n"\\', '"\\u000f\\n\\"\\\\"'],
  ])('row %#: the examples of RFC 8785', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('is the same for the same value in another order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(object));
        expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it('refuses what is no value', () => {
    // @ts-expect-error: the type forbids it; an absent key of a record can still bring it.
    expect(() => canonicalJson(undefined)).toThrow(expect.objectContaining({ code: 'invalidInput' }));
  });

  it.each<[string, Json]>([
    ['half a surrogate pair', '\ud800'],
    ['half a pair in a key', { '\ud800': 1 }],
    ['no number', Number.NaN],
    ['no finite number', Number.POSITIVE_INFINITY],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: 'invalidInput' }));
  });
});
