import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileJavaPattern } from './java-pattern.ts';

function matches(pattern: string, value: string): boolean {
  const compiled = compileJavaPattern(pattern);
  if (compiled.kind === 'invalid') expect.fail(`${compiled.position}: ${compiled.message}`);
  return compiled.matches(value);
}

/** Every answer is that of java.util.regex.Pattern.matches in OpenJDK 17. */
describe('as Java', () => {
  it.each([
    ['shop-.*', 'shop-1', true],
    ['shop-.*', 'a shop-1', false],
    ['a|ab', 'ab', true],
    ['SHOP', 'shop', false],
    [' ', 'x', false],
    ['', 'x', false],
    ['.*', '', true],
    // literal text
    ['\\Qa.b\\E', 'axb', false],
    ['\\Qa+', 'a+', true],
    ['\\Qab\\E+', 'abbb', true],
    ['[\\Qa]\\E]', ']', true],
    ['[a-\\Qz\\E]', 'b', true],
    ['\\\\Qa', '\\Qa', true],
    // flags
    ['(?i)abc', 'ABC', true],
    ['(?i:a)b', 'AB', false],
    ['(a(?i)b)c', 'aBC', false],
    ['a(?i)b|c', 'C', true],
    ['(?i)é', 'É', false],
    ['(?iu)é', 'É', true],
    ['(?i)k', '\u212a', false],
    ['(?iu)[k]', '\u212a', true],
    ['(?i)\\p{Lower}', 'A', true],
    ['(?i)\\p{Lu}', 'a', true],
    ['(?i)[^a]', 'A', false],
    ['(?s).', '\n', true],
    ['(?d).', '\r', true],
    ['(?x)a b # c\n d', 'abd', true],
    ['(?x)[a b]', ' ', false],
    ['(?x)a\\ b', 'a b', true],
    ['(?i)(?-i)a', 'A', false],
    ['(?U)\\w', 'é', true],
    ['(?)a', 'a', true],
    // "." and the ends
    ['.', '\u0085', false],
    ['.', '\r', false],
    ['.', '😀', true],
    ['a$', 'a\n', false],
    ['\\A\\Ga\\z', 'a', true],
    ['a\\Z', 'a', true],
    // classes
    ['\\s', '\u00a0', false],
    ['\\s', '\u000b', true],
    ['\\h', '\u00a0', true],
    ['\\H', '\t', false],
    ['\\v', '\u2028', true],
    ['\\R', '\r\n', true],
    ['\\R\\n', '\r\n', true],
    ['\\w', 'é', false],
    ['\\p{Alpha}', 'é', false],
    ['\\p{Punct}+', '!~', true],
    ['\\p{IsAlphabetic}', 'é', true],
    ['\\p{IsLATIN}', 'a', true],
    ['\\p{sc=Latn}', 'a', true],
    ['\\p{gc=L}', 'a', true],
    ['\\pL', 'a', true],
    ['\\P{L}', 'a', false],
    ['[a-z&&[^b]]', 'b', false],
    ['[a-z&&[^b]]', 'c', true],
    ['[\\w&&[^\\d]]', '1', false],
    ['[\\p{L}&&[^\\p{Lu}]]', 'A', false],
    ['[\\p{L}&&[^\\p{Lu}]]', 'a', true],
    ['[a[bc]]', 'c', true],
    ['[^a[b]]', 'b', false],
    ['[^a-z&&b]', 'c', true],
    ['[a-z&&^b]', 'c', false],
    ['[a-d&&[bc]d]', 'd', true],
    ['[a&&b]', 'a', false],
    ['[a&&]', 'a', true],
    ['[[:alpha:]]', 'b', false],
    ['[]a]', ']', true],
    ['[^]a]', 'b', true],
    ['[a-]', '-', true],
    ['[--a]', '.', true],
    ['[a-c-e]', 'd', false],
    ['[\\d-z]', '-', true],
    // escapes
    ['\\x41\\x{1F600}\\u0042', 'A😀B', true],
    ['\\ud83d\\ude00', '😀', true],
    ['\\0101', 'A', true],
    ['\\0777', '?7', true],
    ['\\ca', '!', true],
    ['\\e\\a\\t', '\u001b\u0007\t', true],
    ['\\_\\é', '_é', true],
    ['}', '}', true],
    // repetitions
    ['a{2,}', 'a', false],
    ['a{1}?', 'a', true],
    ['(?:ab){2}', 'abab', true],
    ['^*a', 'a', true],
    ['(?<n>a)b', 'ab', true],
    ['()', '', true],
  ])('%j against %j is %s', (pattern, value, expected) => {
    expect(matches(pattern, value)).toBe(expected);
  });
});

describe('refuses, with the position', () => {
  it.each([
    // Java takes these; RE2 has no linear time for them.
    ['ab(?=c)', 2, 'a lookahead is not supported: it cannot be matched in linear time'],
    ['(?!c).*', 0, 'a lookahead is not supported: it cannot be matched in linear time'],
    ['a(?<=a)', 1, 'a lookbehind is not supported: it cannot be matched in linear time'],
    ['(?<!a)', 0, 'a lookbehind is not supported: it cannot be matched in linear time'],
    ['(a)\\1', 3, 'a backreference is not supported'],
    ['(?<n>a)\\k<n>', 7, 'a backreference is not supported'],
    ['x(?>a)', 1, 'an atomic group is not supported: it cannot be matched in linear time'],
    ['xa++', 2, 'a possessive repetition (++) is not supported: it cannot be matched in linear time'],
    ['a{2}{3}', 4, 'what is repeated already; put it in a group'],
    ['\\X', 0, '\\X is not supported'],
    ['\\p{javaLowerCase}', 0, 'there is no character class \\p{javaLowerCase} here'],
    ['(?U)a\\b', 5, 'only \\b between ASCII words is supported'],
    [
      '[\\p{L}0-9&&[^\\p{Lu}]]',
      0,
      'this mixture of Unicode classes is not supported; use ranges, or && of two single classes',
    ],
    ['a{1001}', 1, 'a repetition is at most 1000 times'],
    // Java refuses these too.
    ['v${TAG}', 2, 'a repetition is {n}, {n,} or {n,m}; write \\{ for the character'],
    ['*a', 0, 'this * repeats nothing'],
    ['a|+', 2, 'this + repeats nothing'],
    ['{', 0, 'this { repeats nothing; write \\{ for the character'],
    ['a{,3}', 1, 'a repetition is {n}, {n,} or {n,m}; write \\{ for the character'],
    ['a{3,2}', 1, 'a repetition from 3 to 2'],
    ['(a', 0, 'this ( is never closed'],
    ['a)', 1, 'this ) closes nothing'],
    ['b[a', 1, 'this [ is never closed'],
    ['[z-a]', 1, 'a range goes upwards'],
    ['[a-\\d]', 3, 'there is no escape \\d'],
    ['[\\b]', 1, 'there is no escape \\b'],
    ['a\\y', 1, 'there is no escape \\y'],
    ['a\\E', 1, '\\E without \\Q'],
    ['a\\', 1, 'a \\ at the end escapes nothing'],
    ['\\x4', 0, '\\x needs two hex digits, or {…} with a code point'],
    ['\\08', 0, '\\0 needs octal digits'],
    ['\\u12', 0, '\\u needs four hex digits'],
    ['\\p{Foo}', 0, 'there is no character class \\p{Foo} here'],
    ['\\p{Lu', 0, 'the { of this escape is never closed'],
    ['(?z)', 2, 'there is no such flag or group'],
    ['(?<n>a)(?<n>b)', 10, 'there are two groups called n'],
    ['(?<1>a)', 3, "a group's name is letters and digits"],
    // Too much work.
    ['(x{500}){500}', 0, 'is too large: written out, its repetitions make more than 1000 steps'],
    [`(${'a'.repeat(1030)}`, 1024, 'must be at most 1024 characters'],
  ])('%j', (pattern, position, message) => {
    expect(compileJavaPattern(pattern)).toEqual({ kind: 'invalid', position, message });
  });
});

it('takes the literal text before the pattern', () => {
  expect(matches('YWJj+/A=', 'YWJj+/A=')).toBe(true);
  expect(matches('[a]', '[a]')).toBe(true);
  for (const encoded of [`${'QUJD+++/'.repeat(1000)}QQ==`, 'QUJD++++QUJD++++QUJD++++']) {
    expect(matches(encoded, encoded)).toBe(true);
    expect(matches(encoded, encoded.slice(8))).toBe(false);
  }
});

it('finds a pattern within a value, without that shortcut', () => {
  const compiled = compileJavaPattern('a+b');
  expect(compiled.kind === 'ok' && [compiled.finds('xaab'), compiled.finds('xa+b')]).toEqual([true, false]);
});

it.each(['(a+)+$', '(a|aa)+$', '(.*a){20}', '([a-z]*)*!', '(?i)(a|b|ab)*c'])('%s is linear in 10 kB', (pattern) => {
  const times = [1, 2].map((size) => {
    const value = `${'a'.repeat(10_000 * size)}!`;
    matches(pattern, value);
    const start = performance.now();
    for (let run = 0; run < 3; run++) matches(pattern, value.slice(0, -1 - run));
    return performance.now() - start;
  });
  // Backtracking would need more than the age of the universe; this leaves a slow machine a hundredfold.
  expect(Math.max(...times)).toBeLessThan(3000);
});

it('reads any text to an end, and quoted text as itself', () => {
  const hostile = fc.array(fc.constantFrom(...'ab\\[](){}^$.|?*+-&QE#<>=!:pPu0x1, \n'), { maxLength: 24 });
  fc.assert(
    fc.property(hostile, fc.string({ unit: 'grapheme', maxLength: 8 }), (characters, value) => {
      const pattern = characters.join('');
      const compiled = compileJavaPattern(pattern);
      if (compiled.kind === 'ok') expect(typeof compiled.matches(value)).toBe('boolean');
      else expect(compiled.position).toBeLessThanOrEqual(pattern.length);
      expect(matches(`\\Q${value.replaceAll('\\E', '')}\\E`, value.replaceAll('\\E', ''))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('agrees with the platform where both mean the same', () => {
  const atom = fc.constantFrom('a', 'b', '[^a]', '(a|b)*', '(?:ab)?', 'b{1,2}', '(a|ab)', '\\d', '[a-c1]+', '\\.', '|');
  fc.assert(
    fc.property(fc.array(atom, { maxLength: 6 }), fc.stringMatching(/^[abc1.]{0,6}$/), (atoms, value) => {
      const pattern = atoms.join('');
      expect(matches(pattern, value)).toBe(value === pattern || new RegExp(`^(?:${pattern})$`).test(value));
    }),
    { numRuns: 300 },
  );
});
