import { expect, it } from 'vitest';
import { isFilePath, isUserName } from './machine-place.ts';

it.each([
  ['/opt/shop.tgz', true],
  ["/opt/it's $(here)/a b", true],
  ['/a', true],
  ['/opt/..a', true],
  ['/', false],
  ['', false],
  ['opt/shop.tgz', false],
  ['/opt/', false],
  ['/opt/../shop', false],
  ['/opt/./shop', false],
  ['/..', false],
  ['/opt/a\nb', false],
])('%j is a path for a file: %s', (text, is) => {
  expect(isFilePath(text)).toBe(is);
});

it.each([
  ['root', true],
  ['_apt', true],
  ['shop-1.web', true],
  ['-x', false],
  ['a b', false],
  ['', false],
  ['a'.repeat(33), false],
])('%j is a name of a user: %s', (text, is) => {
  expect(isUserName(text)).toBe(is);
});
