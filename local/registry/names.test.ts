import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRepositoryPath, isTagName, parseTagFileName, tagToFileName } from './names.ts';

describe('isRepositoryPath', () => {
  it.each(['a', 'team/shop', 'a.b/c_d/e__f/g--h', 'blobs/uploads', '0/1', 'a'.repeat(255)])('takes %s', (name) => {
    expect(isRepositoryPath(name)).toBe(true);
  });

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    'a/.',
    '.a',
    '_a',
    '-a',
    'a-',
    'a..b',
    'a___b',
    'A',
    'team/Shop',
    'a b',
    'a\0b',
    'a\\b',
    'ä',
    'a:b',
    'a@b',
    'a\n',
    'a'.repeat(256),
  ])('refuses %j', (name) => {
    expect(isRepositoryPath(name)).toBe(false);
  });

  it('answers quickly on what makes backtracking slow', () => {
    expect(isRepositoryPath(`${'a-'.repeat(120)}!`)).toBe(false);
  });
});

describe('isTagName', () => {
  it.each([
    ['1.0', true],
    ['V1', true],
    ['_x', true],
    ['a'.repeat(128), true],
    ['', false],
    ['.a', false],
    ['-a', false],
    ['a/b', false],
    ['a:b', false],
    ['a'.repeat(129), false],
    ['a\n', false],
  ])('%j is %s', (tag, expected) => {
    expect(isTagName(tag)).toBe(expected);
  });
});

describe('tag file names', () => {
  const tags = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);

  it('come back as the same tag', () => {
    fc.assert(fc.property(tags, (tag) => parseTagFileName(tagToFileName(tag)) === tag));
  });

  it('differ on a file system that folds case, and fit a file name', () => {
    fc.assert(
      fc.property(tags, tags, (one, other) => {
        const [a, b] = [tagToFileName(one).toLowerCase(), tagToFileName(other).toLowerCase()];
        return (a === b) === (one === other) && a.length <= 255;
      }),
    );
  });

  it.each(['', 'x', '~1', '.x~0', 'x~', 'x~g', 'V1~0'])('%j is no file of ours', (name) => {
    expect(parseTagFileName(name)).toBeUndefined();
  });
});
