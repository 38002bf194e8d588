import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimText, eventTime, executionId, executionOrder } from './claim.ts';
import type { Digest } from './digest.ts';
import { parseDigest } from './digest.ts';

const key = 'ab'.repeat(32);
const digest = parseDigest(`sha256:${'1'.repeat(64)}`) as Digest;

describe('claimText', () => {
  it.each([
    [{ kind: 'push', pipeline: 'p', repository: 'r/a', tag: 't', digest }, `["p","push","r/a","t","${digest}"]`],
    [{ kind: 'scan', pipeline: 'p', repository: 'r/a', tag: 't', digest }, `["p","scan","r/a","t","${digest}"]`],
    [{ kind: 'build', pipeline: 'p', upstream: 'u', build: '7' }, '["p","build","u","7"]'],
    [{ kind: 'artifact', pipeline: 'p', uuid: 'x' }, '["p","artifact","x"]'],
    [{ kind: 'delivery', pipeline: 'p', deliveryId: 'd' }, '["p","delivery","d"]'],
    [{ kind: 'manual', pipeline: 'p', subject: 's', key: 'k' }, '["p","manual","s","k"]'],
    [{ kind: 'child', pipeline: 'p', parent: 'e', key: 'k' }, '["p","child","e","k"]'],
  ] as const)('%j', (parts, text) => {
    expect(claimText(parts)).toBe(text);
  });

  it('keeps parts apart that joining would mix', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (a, b, c, d) => {
        const one = claimText({ kind: 'build', pipeline: 'p', upstream: a, build: b });
        const two = claimText({ kind: 'build', pipeline: 'p', upstream: c, build: d });
        return (one === two) === (a === c && b === d);
      }),
    );
  });
});

describe('executionId', () => {
  it.each([
    ['shop', 1795169700000, `shop-20261120T101500Z-${'ab'.repeat(12)}`],
    ['a-pipeline-with-a-very-long-name', 0, `a-pipeline-with-a-very-l-19700101T000000Z-${'ab'.repeat(12)}`],
  ])('%s', (pipeline, at, id) => {
    expect(executionId(pipeline, at, key)).toBe(id);
  });
});

describe('executionOrder', () => {
  it('sorts as text by time, then by hash', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 47), fc.nat(2 ** 47), (a, b) => {
        const [one, two] = [executionOrder(a, key), executionOrder(b, key)];
        return a === b ? one === two : a < b === one < two;
      }),
    );
    expect(executionOrder(5, 'a'.repeat(64)) < executionOrder(5, 'b'.repeat(64))).toBe(true);
  });

  it('keeps 15 digits whatever the sender says', () => {
    expect(executionOrder(-5, key)).toBe('000000000000000-abababab');
  });
});

it.each([
  [undefined, 100, 100],
  [40, 100, 40],
  [400, 100, 100],
])('eventTime(%s, received %i) is %i', (at, receivedAt, expected) => {
  expect(eventTime({ at }, receivedAt)).toBe(expected);
});
