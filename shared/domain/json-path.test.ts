import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from './json.ts';
import { compileJsonPath } from './json-path.ts';

const payload: Json = {
  repository: { 'full-name': 'team/shop', tags: ['a', 'b'] },
  commits: [
    { id: 1, author: { name: 'ann' } },
    { id: 2, author: { name: 'ben' } },
  ],
};

function select(path: string, value: Json = payload): readonly unknown[] {
  const compiled = compileJsonPath(path);
  if (compiled.kind === 'invalid') expect.fail(compiled.message);
  return compiled.select(value);
}

describe('compileJsonPath', () => {
  it.each<[string, readonly Json[], boolean]>([
    ['$.repository.tags', [['a', 'b']], true],
    ['repository.tags', [['a', 'b']], true],
    ['repository.full-name', ['team/shop'], true],
    ["$['repository']['full-name']", ['team/shop'], true],
    ['commits[0].id', [1], true],
    ['commits[-1].id', [2], true],
    ['commits[*].author.name', ['ann', 'ben'], false],
    ['$..name', ['ann', 'ben'], false],
    ['commits[?@.id > 1].author.name', ['ben'], false],
    ["commits[?@.author.name == 'x..$[?']", [], false],
    ['commits[0:1].id', [1], false],
    ["commits[0]['id','author']", [1, { name: 'ann' }], false],
    ['nothing.here', [], true],
  ])('%s', (path, found, singular) => {
    expect(select(path)).toEqual(found);
    expect(compileJsonPath(path)).toMatchObject({ singular });
  });

  it.each([
    ['$.a[', 'unclosed'],
    ['$[?match(@.a, "x")]', 'match'],
    ['$[?search(@.a, "(a+)+$")]', 'search'],
    ['$..a..b', 'at most one ..'],
    ['$..*..*..*', 'at most one ..'],
    ['$[?@..a]', 'at most one filter'],
    ['$[?@[?@.a]]', 'at most one filter'],
    ['$[?@.a][?@.b]', 'at most one filter'],
    ['$[?$.a == @.b]', 'at most one filter'],
    [`$${'[*,*,*,*,*]'.repeat(5)}`, 'too much at once'],
    [`$${'.a'.repeat(40)}`, '32 segments'],
    ['a'.repeat(600), '512 characters'],
    ['a b', 'expected'],
  ])('refuses %s', (path, names) => {
    expect(compileJsonPath(path)).toEqual({ kind: 'invalid', message: expect.stringContaining(names) });
  });

  it('answers whatever the path', () => {
    const part = fc.constantFrom('$', '.a', '..', '[0]', '[*]', '[?@.a', ']', "['b']", '==1', '-', ' ', 'x', ',');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const compiled = compileJsonPath(parts.join(''));
        if (compiled.kind === 'ok') expect(Array.isArray(compiled.select({ a: [1, { b: 2 }] }))).toBe(true);
        else expect(compiled.message).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });

  it('does not walk what is too deep', () => {
    let deep: Json = 1;
    for (let depth = 0; depth < 200; depth++) deep = [deep];
    expect(() => select('$..a', deep)).toThrow();
  });

  it('stops at too many values', () => {
    expect(() =>
      select(
        '$[*]',
        Array.from({ length: 10_001 }, () => 1),
      ),
    ).toThrow('10000');
  });
});
