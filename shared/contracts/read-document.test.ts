import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from './read-document.ts';

const json = 'application/json';
const yaml = 'application/yaml';
const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
  .split('')
  .map((key, index) => `${key}: &${key} [${`*${'abcdefghi'[index]},`.repeat(9).slice(0, -1)}]`)
  .join('\n')}`;

describe('media types', () => {
  it.each([
    [json, 'ok'],
    ['application/json; charset=utf-8', 'ok'],
    ['Application/YAML', 'ok'],
    ['text/yaml', 'ok'],
    ['application/x-yaml', 'ok'],
    ['text/plain', 'unsupported'],
    ['', 'unsupported'],
    ['application/problem+json', 'unsupported'],
  ])('%j: %s', (mediaType, kind) => {
    expect(readDocument('{}', mediaType).kind).toBe(kind);
  });
});

describe('values', () => {
  it.each([
    [json, '{"a":[1,"x",null,true]}', { a: [1, 'x', null, true] }],
    [yaml, 'a: [1, x, null, true]', { a: [1, 'x', null, true] }],
    [yaml, 'a: {b: yes, c: 0o17, d: 2026-11-20}', { a: { b: 'yes', c: 15, d: '2026-11-20' } }],
    [yaml, 'a: &x {b: 1}\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
    [yaml, '<<: {a: 1}', { '<<': { a: 1 } }],
    [yaml, '1: a', { 1: 'a' }],
    [yaml, '\uFEFFa: 1', { a: 1 }],
    [yaml, '', null],
  ])('%s %j', (mediaType, text, value) => {
    expect(readDocument(text, mediaType)).toMatchObject({ kind: 'ok', value, duplicates: [] });
  });
});

describe('what is refused', () => {
  it.each([
    ['broken JSON', json, '{"a":', 'malformed', 'not JSON'],
    ['broken YAML', yaml, 'a: [1\nb: 2', 'malformed', 'line 2'],
    ['YAML where JSON was said', json, 'a: 1', 'malformed', 'not JSON'],
    ['two documents', yaml, 'a: 1\n---\nb: 2', 'malformed', 'YAML'],
    ['YAML 1.1', yaml, '%YAML 1.1\n---\na: yes', 'malformed', '%YAML'],
    ['an unknown tag', yaml, 'a: !secret x', 'malformed', 'tag'],
    ['an alias without its anchor', yaml, 'a: *b', 'malformed', 'alias'],
    ['an alias of itself', yaml, 'a: &a [*a]', 'malformed', ''],
    ['infinity', yaml, 'a: .inf', 'malformed', 'number'],
    ['not a number', yaml, 'a: .nan', 'malformed', 'number'],
    ['half a surrogate pair', json, '{"a":"\\ud800"}', 'malformed', 'surrogate'],
    ['half a surrogate pair as key', json, '{"\\ud800":1}', 'malformed', 'surrogate'],
    ['__proto__', json, '{"a":{"__proto__":1}}', 'malformed', '__proto__'],
    ['many aliases', yaml, bomb, 'malformed', 'alias'],
    ['too many aliases', yaml, `- &a x\n${'- *a\n'.repeat(101)}`, 'malformed', 'more than 100 aliases'],
    ['deep JSON', json, '['.repeat(50) + ']'.repeat(50), 'malformed', 'nested'],
    ['very deep JSON', json, '['.repeat(100_000) + ']'.repeat(100_000), 'malformed', ''],
    ['very deep YAML', yaml, '['.repeat(5_000), 'malformed', 'nested too deeply'],
    ['a big file', yaml, ' '.repeat(256 * 1024 + 1), 'tooLarge', '256 KiB'],
    ['a big expansion', yaml, `a: &a ${'x'.repeat(200_000)}\nb: [${'*a,'.repeat(20)}]`, 'tooLarge', 'expanded'],
  ])('%s', (_name, mediaType, text, kind, message) => {
    expect(readDocument(text, mediaType)).toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  it('counts bytes, not characters', () => {
    const text = `# ${'é'.repeat(131_072)}`;
    expect(readDocument(text, yaml).kind).toBe('tooLarge');
    expect(readDocument(text.slice(0, 131_000), yaml).kind).toBe('ok');
  });

  it.each([json, yaml])('invalid UTF-8 as %s', (mediaType) => {
    expect(readDocument(new Uint8Array([0x22, 0xff, 0x22]), mediaType)).toMatchObject({
      kind: 'malformed',
      message: 'The file is not valid UTF-8.',
    });
  });
});

describe('keys written twice', () => {
  it.each([
    [json, '{"a":1,"a":2}', ['a']],
    [json, '{"a":{"b c":1,"b c":2},"d":[{},{"e":1,"e":[],"e":{}}]}', ['a["b c"]', 'd[1].e', 'd[1].e']],
    [json, '{"a":"a\\":","b":"{\\"a\\":1,\\"a\\":1}","\\u0062":1}', ['b']],
    [json, '{"a":{"a":{"a":1}},"b":[["a","a"],{"a":1},{"a":1}]}', []],
    [json, '["a","a"]', []],
    [yaml, 'a: 1\nb: {c: 1, c: 2}\na: 3', ['b.c', 'a']],
    [yaml, 'x: [{a: 1}, {a: 1, "a": 2}]', ['x[1].a']],
    [yaml, '1: a\n"1": b', ['1']],
  ])('%s %s', (mediaType, text, paths) => {
    const document = readDocument(text, mediaType);
    const found = document.kind === 'ok' ? document.duplicates.map(({ path }) => path) : undefined;
    expect(found).toEqual(paths);
  });
});

it('reads what JSON.stringify writes, without duplicates', () => {
  const bounded = fc
    .jsonValue({ maxDepth: 5, noUnicodeString: false })
    .filter((value) => !JSON.stringify(value).includes('__proto__'));
  fc.assert(
    fc.property(bounded, (value) => {
      const document = readDocument(JSON.stringify(value), json);
      if (document.kind === 'malformed') return expect(document.message).toContain('surrogate');
      expect(document).toEqual({ kind: 'ok', value: JSON.parse(JSON.stringify(value)), duplicates: [] });
    }),
  );
});
