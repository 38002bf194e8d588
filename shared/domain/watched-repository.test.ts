import { describe, expect, it } from 'vitest';
import { compareTag, waitAfterFailure } from './watched-repository.ts';

describe('a tag of the registry', () => {
  const first = { seen: {}, listedAt: undefined };
  const later = (seen: Readonly<Record<string, string>> = {}) => ({ seen, listedAt: 1 });
  it.each([
    ['recorded', later(), 'a', 'a', 'known'],
    ['recorded, at first', first, 'a', 'a', 'known'],
    ['never recorded, as at the last look', later({ t: 'a' }), 'a', undefined, 'known'],
    ['never recorded, at first', first, 'a', undefined, 'baseline'],
    ['never recorded, there before and not looked at', later({ t: '' }), 'a', undefined, 'baseline'],
    ['never recorded, new', later(), 'a', undefined, 'changed'],
    ['never recorded, another than at the last look', later({ t: 'b' }), 'a', undefined, 'changed'],
    ['recorded as another', later({ t: 'b' }), 'a', 'b', 'changed'],
    ['recorded as another, at first', first, 'a', 'b', 'changed'],
    ['recorded as another, as at the last look', later({ t: 'a' }), 'a', 'b', 'changed'],
    ['named like a part of every object', later(), 'a', undefined, 'changed'],
  ] as const)('%s', (name, watched, digest, recorded, kind) => {
    const tag = name.startsWith('named') ? 'constructor' : 't';
    expect(compareTag(watched, { tag, digest, recorded })).toEqual({ kind });
  });
});

it.each([
  [0, undefined, 60_000],
  [1, undefined, 120_000],
  [9, undefined, 3_600_000],
  [99, undefined, 3_600_000],
  [0, 90_000, 90_000],
  [0, 7_200_000, 7_200_000],
])('after %i failures, asked to wait %s: %i ms', (failures, askedMs, wait) => {
  expect(waitAfterFailure(failures, { everyMs: 3_600_000, askedMs })).toBe(wait);
});
