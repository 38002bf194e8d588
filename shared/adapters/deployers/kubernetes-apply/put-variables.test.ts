import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifest, putVariables } from './put-variables.ts';

const image = `registry.example.com/shop@sha256:${'a'.repeat(64)}`;
const variables = [
  { key: 'image', value: image },
  { key: 'n', value: '3' },
  { key: 'on', value: 'true' },
  { key: 'zip', value: '01234' },
  { key: 'evil', value: 'x\nkind: Secret\n- "a": [}' },
  { key: 'name', value: 'web' },
];

describe('parseManifest', () => {
  it.each([
    ['a text', 'a: ${image}', { a: image }],
    ['part of a text', 'a: v${n}-${name}', { a: 'v3-web' }],
    ['a whole number', 'a: ${n}', { a: 3 }],
    ['a number in quotes', 'a: "${n}"', { a: '3' }],
    ['true', 'a: ${on}', { a: true }],
    ['digits that are no number', 'a: ${zip}', { a: '01234' }],
    ['within flow brackets', '{a: ${n}, b: [${image}]}', { a: 3, b: [image] }],
    ['a block of text', 'a: |\n  x=${n}\n  y=${other}\n', { a: 'x=3\ny=${other}\n' }],
    ['a key', '${name}: 1', { web: 1 }],
    ['never structure', 'a: ${evil}\nb: 1', { a: 'x\nkind: Secret\n- "a": [}', b: 1 }],
    ['never structure in quotes', "a: '${evil}'", { a: 'x\nkind: Secret\n- "a": [}' }],
    ['a comment', 'a: 1 # ${evil}', { a: 1 }],
    ['the literal', 'a: $${n}', { a: '${n}' }],
    ['what is no variable', 'a: "${other}"', { a: '${other}' }],
    ['the mark itself', 'a: waybillvar0x0z${n}', { a: 'waybillvar0x0z3' }],
    ['an anchor', 'a: &x {n: "${n}"}\nb:\n  <<: *x', { a: { n: '3' }, b: { n: '3' } }],
  ])('%s', (_name, text, expected) => {
    expect(parseManifest(text, variables)).toEqual([expected]);
  });

  it('reads several documents', () => {
    expect(parseManifest('a: 1\n---\n---\nb: ${n}\n', variables)).toEqual([{ a: 1 }, null, { b: 3 }]);
  });

  it.each([
    ['an open bracket', '{a: 1'],
    ['a tab', 'a:\n\t- b'],
    ['twice the same key', 'a: 1\na: 2'],
    ['twice the same key by a variable', 'web: 1\n${name}: 2'],
    [
      'a bomb of aliases',
      `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: &c [${'*b,'.repeat(50)}]\nd: [${'*c,'.repeat(50)}]`,
    ],
    ['an alias of nothing', 'a: *nowhere'],
  ])('refuses %s', (_name, text) => {
    expect(() => parseManifest(text, variables)).toThrow(/Document 1 of the manifest/);
  });

  it('gives back any value as it was, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const [read] = parseManifest('a: {b: "${v}"}\nc: [1]', [{ key: 'v', value }]);
        expect(read).toEqual({ a: { b: value }, c: [1] });
      }),
    );
  });
});

describe('putVariables', () => {
  it('puts them in texts at any depth, and leaves the rest', () => {
    const given = { a: [{ b: 'x-${n}', c: 1 }], d: null, e: '$${n} ${other}' };
    expect(putVariables(given, variables)).toEqual({ a: [{ b: 'x-3', c: 1 }], d: null, e: '${n} ${other}' });
  });
});
