import { describe, expect, it } from 'vitest';
import { type Digest, parseDigest } from './digest.ts';
import { compareTag, digestMark, waitAfterFailure } from './watched-repository.ts';

const [a, b] = ['a', 'b'].map((fill) => parseDigest(`sha256:${fill.repeat(64)}`)) as [Digest, Digest];

describe('a tag of the registry', () => {
  const mark = digestMark(a);
  it.each([
    ['recorded', { before: undefined, recorded: a }, 'known'],
    ['recorded, at first', { before: undefined, recorded: a, isFirstLook: true }, 'known'],
    ['never recorded, as at the last look', { before: mark, recorded: undefined }, 'known'],
    ['never recorded, at first', { before: undefined, recorded: undefined, isFirstLook: true }, 'baseline'],
    ['never recorded, there before and not looked at', { before: '', recorded: undefined }, 'baseline'],
    ['never recorded, new', { before: undefined, recorded: undefined }, 'changed'],
    ['never recorded, another than at the last look', { before: digestMark(b), recorded: undefined }, 'changed'],
    ['recorded as another', { before: digestMark(b), recorded: b }, 'changed'],
    ['recorded as another, at first', { before: undefined, recorded: b, isFirstLook: true }, 'changed'],
    ['recorded as another, as at the last look', { before: mark, recorded: b }, 'changed'],
  ])('%s', (_name, found, kind) => {
    expect(compareTag({ digest: a, isFirstLook: false, ...found })).toEqual({ kind });
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
