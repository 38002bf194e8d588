import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileJavaPattern } from './java-pattern.ts';
import { translateJavaPattern } from './java-syntax.ts';
import { literalEdges } from './literal-edges.ts';
import { compileRegex } from './regex.ts';

it.each([
  ['shop', 'shop', ''],
  ['registry\\.example\\.com/.*/part-7', 'registry.example.com/', '/part-7'],
  ['.*', '', ''],
  ['.*-rc', '', '-rc'],
  ['v[0-9]+', 'v', ''],
  ['v1?', 'v', ''],
  ['v1{0,2}x', 'v', 'x'],
  ['a(bc)*d', 'a', 'd'],
  ['a(bc)*', 'a', ''],
  ['[ab]c', '', 'c'],
  ['a|bc', '', ''],
  ['(?i)abc', '', ''],
  ['\\Qa.b\\E', '', ''],
  ['a\\d', 'a', ''],
  ['a\\x41b', '', ''],
  ['\\.a\\-', '.a-', ''],
])('%j begins with %j and ends with %j', (pattern, prefix, suffix) => {
  expect(literalEdges(pattern)).toEqual({ prefix, suffix });
});

it('never keeps a value from a pattern that matches it', () => {
  const part = fc.constantFrom(
    ...'ab.*+?()[]{}^$|\\-&1,',
    '{2}',
    '[a-b]',
    '\\.',
    '\\d',
    '(ab)',
    '😀',
    '\\x61',
    '\\0101',
    '\\ca',
    '\\p{L}',
    '\\u0061',
  );
  const value = fc
    .array(fc.constantFrom('a', 'b', '.', '1', '-', '😀', '!'), { maxLength: 5 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), value, (parts, text) => {
      const pattern = parts.join('');
      const translated = translateJavaPattern(pattern);
      const regex = translated.kind === 'ok' ? compileRegex(translated.source) : undefined;
      const compiled = compileJavaPattern(pattern);
      if (regex?.kind !== 'ok' || compiled.kind !== 'ok') return;
      expect(compiled.matches(text)).toBe(text === pattern || regex.matches(text));
    }),
    { numRuns: 3000 },
  );
});
