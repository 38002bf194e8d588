import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseTemplate, printTemplate } from '../expression.ts';
import { rewriteText, type TextRules } from './rewrite-text.ts';

const rules: TextRules = {
  reference: (reference) =>
    reference.scope === 'source' ? { ...reference, source: `my_${reference.source}` } : undefined,
  variable: (name) => name === 'BUILD_NUMBER',
};

it.each([
  ['', ''],
  ['plain', 'plain'],
  ['$[sources.a]', '$[sources.my_a]'],
  ['$[sources.a.dockerUrl]:${BUILD_NUMBER}', '$[sources.my_a.dockerUrl]:${BUILD_NUMBER}'],
  ['$[jobs.j.s.artifacts.a]', '$$[jobs.j.s.artifacts.a]'],
  ['${HOME}/x', '$${HOME}/x'],
  ['${HOME:-/root}', '$${HOME:-/root}'],
  ['$[what]', '$$[what]'],
  ['$[', '$$['],
  ['echo $HOME $(pwd) $5', 'echo $HOME $(pwd) $5'],
  ['$${BUILD_NUMBER}', '$$${BUILD_NUMBER}'],
])('%s becomes %s', (text, expected) => {
  expect(rewriteText(text, rules)).toBe(expected);
});

it('always parses, and without rules says the same text', () => {
  const piece = fc.constantFrom(
    '$',
    '[',
    ']',
    '{',
    '}',
    '$[sources.a]',
    '${BUILD_NUMBER}',
    '${X}',
    'a',
    '\n',
    '$$',
    '#',
  );
  const none: TextRules = { reference: () => undefined, variable: () => false };
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join('')),
      (text) => {
        expect(parseTemplate(rewriteText(text, rules)).kind).toBe('ok');
        const parsed = parseTemplate(rewriteText(text, none));
        const parts = parsed.kind === 'ok' ? parsed.template.parts : expect.fail(printTemplate({ parts: [] }));
        expect(parts.map((part) => (part.kind === 'text' ? part.text : '?')).join('')).toBe(text);
      },
    ),
    { numRuns: 1000 },
  );
});
