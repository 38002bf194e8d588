import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zipOf } from '../../../test/fixtures/zip.ts';
import { Failure } from '../../domain/failure.ts';
import { readZipEntry } from './zip-entry.ts';

const text = 'a: 1\n'.repeat(100);
const read = (archive: Uint8Array, path?: string, maxBytes = 1000) =>
  Buffer.from(readZipEntry(archive, { path, maxBytes })).toString();

describe('a file of an archive', () => {
  it.each([
    ['packed', zipOf({ 'a.txt': text }), undefined, text],
    ['stored', zipOf({ 'a.txt': text }, { stored: true }), undefined, text],
    ['of several', zipOf({ 'a/': '', 'a/b.txt': text, 'c.txt': 'c' }), 'c.txt', 'c'],
    ['in a folder', zipOf({ 'a/': '', 'a/b.txt': text }), undefined, text],
    ['behind a comment', Buffer.concat([zipOf({ 'a.txt': 'x' }), Buffer.from('hello')]), 'a.txt', 'x'],
  ])('%s', (_name, archive, path, expected) => {
    expect(read(archive, path)).toBe(expected);
  });

  it.each([
    ['of several, without a path', zipOf({ a: 'x', b: 'y' }), undefined, 'contentNotFound'],
    ['that is not there', zipOf({ a: 'x' }), 'b', 'contentNotFound'],
    ['of none', zipOf({}), undefined, 'contentNotFound'],
    ['that is large', zipOf({ a: 'x'.repeat(1001) }), 'a', 'tooLarge'],
    ['of no archive', Buffer.from('hello, this is no archive at all'), 'a', 'fetchNotPossible'],
    ['of nothing', Buffer.alloc(0), 'a', 'fetchNotPossible'],
    ['that was cut off', zipOf({ a: text }).subarray(20), 'a', 'fetchNotPossible'],
  ])('%s is a failure', (_name, archive, path, code) => {
    expect(() => read(archive, path)).toThrow(expect.objectContaining({ code }));
  });

  it('that says it is small and is not stops at the bound', () => {
    const bomb = zipOf({ a: 'x'.repeat(1_000_000) });
    const directory = bomb.lastIndexOf('PK\x01\x02', undefined, 'latin1');
    bomb.writeUInt32LE(10, directory + 24);
    expect(() => read(bomb)).toThrow(expect.objectContaining({ code: 'tooLarge' }));
  });

  it('of whatever comes is a file or a failure', () => {
    const archive = zipOf({ a: text, b: 'y' });
    const changed = fc.tuple(fc.nat(archive.length - 1), fc.nat(255), fc.nat(archive.length)).map(([at, byte, cut]) => {
      const bytes = Buffer.from(archive);
      bytes[at] = byte;
      return bytes.subarray(0, Math.max(cut, archive.length - 30));
    });
    const check = (bytes: Uint8Array) => {
      try {
        read(bytes, 'a');
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
      }
    };
    return fc.assert(fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 300 })), check));
  });
});
