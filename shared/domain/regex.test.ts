import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex, regexSize } from './regex.ts';

function matches(source: string, value: string): boolean {
  const regex = compileRegex(source);
  if (regex.kind === 'invalid') expect.fail(regex.message);
  return regex.matches(value);
}

describe('compileRegex', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a', 'ba', false],
    ['a|ab', 'ab', true],
    ['a$', 'a\n', false],
    ['.*', 'a\nb', false],
    ['(?s).*', 'a\nb', true],
    ['(?i)v[0-9]+', 'V12', true],
    ['\\Qa.b\\E', 'axb', false],
    ['.', '😀', true],
    ['', '', true],
    ['[]a]{2}', ']a', true],
  ])('%s against %j is %s', (source, value, expected) => {
    expect(matches(source, value)).toBe(expected);
  });

  it.each([
    ['b+', 'abbc', true],
    ['^b', 'ab', false],
    ['b$', 'ab', true],
    ['c', 'ab', false],
    ['', 'ab', true],
  ])('finds %s in %j: %s', (source, value, expected) => {
    const regex = compileRegex(source);
    expect(regex.kind === 'ok' && regex.finds(value)).toBe(expected);
  });

  it.each([
    ['a(', 'error parsing regexp: missing closing ): `a(`'],
    ['[', 'error parsing regexp: missing closing ]: `[`'],
    ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['(a)\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
    ['x{1000}{1000}', 'is too large: written out, its repetitions make more than 1000 steps'],
    ['(x{500}){500}', 'is too large: written out, its repetitions make more than 1000 steps'],
    ['((a{9}){9}){9}[0-9]{300}', 'is too large: written out, its repetitions make more than 1000 steps'],
    ['x{900}'.repeat(80), 'is too large: written out, its repetitions make more than 1000 steps'],
  ])('refuses %s and says why', (source, message) => {
    expect(compileRegex(source)).toEqual({ kind: 'invalid', message });
  });

  it('agrees with the platform where both can say it', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[^a]', '(a|b)*', '(?:ab)?', 'b{1,2}', '(a|ab)', '\\b', '$');
    const source = fc.array(atom, { maxLength: 6 }).map((atoms) => atoms.join(''));
    fc.assert(
      fc.property(source, fc.stringMatching(/^[ab c]{0,6}$/), (text, value) => {
        expect(matches(text, value)).toBe(new RegExp(`^(?:${text})$`).test(value));
      }),
      { numRuns: 300 },
    );
  });

  it.each(['(a+)+$', '(a|aa)*b', '(.*a){20}', '(a*)*c'])('%s takes linear time on 10 kB', (source) => {
    const hostile = `${'a'.repeat(10_000)}!`;
    const started = performance.now();
    expect(matches(source, hostile)).toBe(false);
    // A backtracking engine needs longer than the age of the universe; this is only far from both.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('stays right after it let go of its states', () => {
    const regex = compileRegex('(a|b)*a(a|b){6}');
    if (regex.kind === 'invalid') expect.fail(regex.message);
    for (let index = 0; index < 300; index += 1) {
      const value = index.toString(2).padStart(40, '0').replaceAll('0', 'a').replaceAll('1', 'b');
      expect(regex.matches(value)).toBe(value.at(-7) === 'a');
    }
  });
});

describe('regexSize', () => {
  it.each([
    ['abc', 3],
    ['a{3}', 4],
    ['[0-9]{8}', 9],
    ['[]x]{2}', 3],
    ['[^]x]{2}', 3],
    ['[\\]x]{2}', 3],
    ['\\d{2,5}', 5],
    ['(ab){10}', 44],
    ['\\(a\\)', 3],
    ['x{a}', 4],
    [')))', 0],
    ['((((', 8],
  ])('%s has about %i steps', (source, size) => {
    expect(regexSize(source)).toBe(size);
  });

  it('is total', () => {
    fc.assert(fc.property(fc.stringMatching(/^[a\\[\](){}^0-9,*]*$/), (text) => regexSize(text) >= 0));
  });
});
