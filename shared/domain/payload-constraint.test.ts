import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from './json.ts';
import { constraintFault, constraintHolds, javaText } from './payload-constraint.ts';

const payload: JsonObject = {
  ref: 'refs/heads/main',
  region: 'geohash',
  empty: '',
  none: null,
  count: 12,
  draft: false,
  map: { a: 'b', c: ['x', 'y'] },
  list: ['x', 'y'],
  repository: { name: 'shop', tags: ['v1', 'v2'], size: 3, deep: [{ id: 'z' }], nothing: null, mixed: ['m', { n: 1 }] },
  'a.b': 'top',
  a: { b: 'nested' },
};

describe('constraintHolds', () => {
  it.each<[string, string | null, boolean]>([
    // a top-level key: the expression is looked for in the text
    ['ref', 'refs/heads/main', true],
    ['ref', 'main', true],
    ['ref', '^main', false],
    ['ref', '^refs/heads/(main|dev)$', true],
    ['region', 'geo', true],
    ['ref', 'MAIN', false],
    ['ref', '(?i)MAIN', true],
    ['empty', '', true],
    ['empty', 'x', false],
    ['count', '^12$', true],
    ['draft', 'false', true],
    ['map', '^\\{a=b, c=\\[x, y\\]\\}$', true],
    ['list', '^\\[x, y\\]$', true],
    // presence
    ['ref', null, true],
    ['empty', null, true],
    ['map', null, true],
    ['none', null, false],
    ['none', '.*', false],
    ['absent', null, false],
    // a top-level key goes before the path of the same text
    ['a.b', 'top', true],
    ['a.b', 'nested', false],
    ['$.a.b', 'nested', true],
    // paths
    ['repository.name', 'shop', true],
    ['$.repository.name', 'sho', true],
    ['repository.size', '^3$', true],
    ['repository.tags', '^v2$', true],
    ['repository.tags', '^v3$', false],
    ['repository.tags[0]', '^v2$', false],
    ['repository.deep[*].id', 'z', true],
    ['$..id', 'z', true],
    ['repository.deep', '.*', false],
    ['repository.mixed', 'm', true],
    ['repository', '.*', true],
    ['$.repository', '.*', false],
    ['$.repository', null, true],
    ['repository.nothing', null, false],
    ['repository.nothing', '.*', false],
    ['repository.absent', null, false],
    ['repository.absent', '.*', false],
    ['$.repository[', '.*', false],
    ['not a path', '.*', false],
    // an expression that RE2 refuses never holds
    ['ref', '(?=main)', false],
    ['ref', '(', false],
    ['constructor', null, false],
    ['__proto__', null, false],
  ])('%s %j: %s', (key, pattern, expected) => {
    expect(constraintHolds(payload, key, pattern)).toBe(expected);
  });

  it('never throws', () => {
    const value = fc.jsonValue().filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
    fc.assert(
      fc.property(value, fc.string(), fc.option(fc.string()), (given, key, pattern) => {
        expect(typeof constraintHolds(given as JsonObject, key, pattern)).toBe('boolean');
      }),
    );
  });

  it('holds for what is too deep only by its own key', () => {
    let deep: Json = 'x';
    for (let depth = 0; depth < 20_000; depth++) deep = [deep];
    expect(constraintHolds({ deep }, 'deep', 'x')).toBe(false);
    expect(constraintHolds({ deep }, 'deep', null)).toBe(true);
    expect(constraintHolds({ deep }, '$..x', 'x')).toBe(false);
  });

  it('looks at one place in a payload of any size, and everywhere in one of a decent size', () => {
    const items = (count: number) => ({
      all: { last: 'x', items: Array.from({ length: count }, () => ({ id: 'x' })) },
    });
    expect(constraintHolds(items(100_000), 'all.last', 'x')).toBe(true);
    expect(constraintHolds(items(100_000), 'all.items[3].id', 'x')).toBe(true);
    expect(constraintHolds(items(100_000), 'all.items[*].id', 'x')).toBe(false);
    expect(constraintHolds(items(9_000), 'all.items[*].id', 'x')).toBe(true);
    expect(constraintHolds(items(9_000), '$..id', 'x')).toBe(true);
  });

  it('takes linear time on hostile text', () => {
    const started = performance.now();
    expect(constraintHolds({ text: `${'a'.repeat(10_000)}!` }, 'text', '^(a+)+$')).toBe(false);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('constraintFault', () => {
  it.each<[string, string | null]>([
    ['ref', 'main'],
    ['ref', null],
    ['ref', ''],
    ['any text is a key', 'x'],
    ['$.a.b', 'x'],
    ['x', '[!]main'],
  ])('%s %j is sound', (key, pattern) => {
    expect(constraintFault(key, pattern)).toBeUndefined();
  });

  it.each<[string, string | null, RegExp]>([
    ['ref', '!main', /cannot be negated/],
    ['ref', '^(?!main)', /^at character 2: .*cannot be negated/],
    ['ref', '(', /^at character 1: /],
    ['ref', '(a)\\1', /^at character 4: .*backreference/],
    ['$.a[', 'x', /no JSONPath/],
    ['$[?match(@.a, "x")]', 'x', /no JSONPath/],
  ])('%s %j is refused', (key, pattern, why) => {
    expect(constraintFault(key, pattern)).toMatch(why);
  });
});

it.each<[Json, string]>([
  [{}, '{}'],
  [[], '[]'],
  [{ a: null, b: [1, true, { c: 'd' }] }, '{a=null, b=[1, true, {c=d}]}'],
  ['x', 'x'],
])('%j as Java prints it', (value, text) => {
  expect(javaText(value)).toBe(text);
});
