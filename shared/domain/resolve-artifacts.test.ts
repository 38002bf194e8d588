import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArtifactPattern } from './expected-artifact.ts';
import { distinct, type Expectation, resolveArtifacts } from './resolve-artifacts.ts';

type Thing = { readonly type?: string; readonly name?: string; readonly version?: string };

const a1: Thing = { type: 't', name: 'a', version: '1' };
const a2: Thing = { type: 't', name: 'a', version: '2' };
const b1: Thing = { type: 't', name: 'b', version: '1' };
const none: Thing = { type: 't', name: 'none' };

interface Wanted {
  readonly match?: ArtifactPattern;
  readonly prior?: boolean;
  readonly fallback?: Thing | 'absent';
}

function expectation({ match = { name: 'a' }, prior = false, fallback }: Wanted, id = 'x'): Expectation<Thing> {
  const flags = { usePriorArtifact: prior, useDefaultArtifact: fallback !== undefined };
  return { id, matchArtifact: match, ...flags, ...(typeof fallback === 'object' ? { defaultArtifact: fallback } : {}) };
}

interface Given {
  readonly received?: readonly Thing[];
  readonly prior?: readonly Thing[];
  readonly unique?: boolean;
}

function outcome(wanted: Wanted, { received = [], prior, unique = true }: Given): string {
  const request = { expected: [expectation(wanted)], received, prior, requireUniqueMatches: unique };
  const result = resolveArtifacts(request);
  if (result.kind === 'failed') return result.code;
  if (result.kind === 'priorNeeded') return result.kind;
  return result.resolved.map(({ artifact, from }) => `${from} ${artifact.name}${artifact.version ?? ''}`).join();
}

/** Section 3 of the reference, row by row. */
describe('one expectation', () => {
  it.each<[string, Wanted, Given, string]>([
    ['takes what was received', {}, { received: [b1, a1] }, 'received a1'],
    ['nothing received', {}, {}, 'unmatched-expected-artifact'],
    ['nothing that matches', {}, { received: [b1] }, 'unmatched-expected-artifact'],
    ['received before prior', { prior: true }, { received: [a1], prior: [a2] }, 'received a1'],
    ['prior is not asked for in vain', { prior: true }, { received: [a1] }, 'received a1'],
    ['prior is asked for when needed', { prior: true }, { received: [b1] }, 'priorNeeded'],
    ['then prior', { prior: true }, { received: [b1], prior: [b1, a2] }, 'prior a2'],
    ['prior only with the flag', {}, { prior: [a2] }, 'unmatched-expected-artifact'],
    ['prior before default', { prior: true, fallback: none }, { prior: [a2] }, 'prior a2'],
    ['then default', { prior: true, fallback: none }, { prior: [b1] }, 'default none'],
    ['the default is taken as it is', { match: { name: 'z' }, fallback: none }, {}, 'default none'],
    ['the flag without a default', { fallback: 'absent' }, {}, 'unmatched-expected-artifact'],
    ['two received are too many', {}, { received: [a1, a2] }, 'multiple-matches'],
    ['and the first where that is allowed', {}, { received: [b1, a2, a1], unique: false }, 'received a2'],
    ['too many is final: no prior', { prior: true }, { received: [a1, a2], prior: [a1] }, 'multiple-matches'],
    ['too many is final: no default', { fallback: none }, { received: [a1, a2] }, 'multiple-matches'],
    ['two prior are too many', { prior: true, fallback: none }, { prior: [a1, a2] }, 'multiple-matches'],
    ['equal ones are two', {}, { received: [a1, a1] }, 'multiple-matches'],
    ['no constraint takes the only one', { match: {} }, { received: [b1] }, 'received b1'],
    ['no constraint is soon ambiguous', { match: {}, fallback: none }, { received: [a1, b1] }, 'multiple-matches'],
    ['an invalid pattern', { match: { name: '(' } }, { received: [a1] }, 'invalid-pattern'],
    ['an invalid pattern that nothing met', { match: { name: '(' } }, {}, 'invalid-pattern'],
    ['an invalid pattern beside a default', { match: { name: '(' }, fallback: none }, {}, 'default none'],
    ['an invalid pattern equal to the text', { match: { name: '(' } }, { received: [{ name: '(' }] }, 'received ('],
  ])('%s', (_name, wanted, given, expected) => {
    expect(outcome(wanted, given)).toBe(expected);
  });
});

describe('one thing in several places', () => {
  const expected = [expectation({})];
  const resolve = (areTwins: (matches: readonly Thing[]) => boolean, unique = true) =>
    resolveArtifacts({ expected, received: [b1, a1, a2], requireUniqueMatches: unique, areTwins });

  it('is taken as one, with the others beside it', () => {
    const asked: (readonly Thing[])[] = [];
    const result = resolve((matches) => asked.push(matches) > 0);
    expect(result).toMatchObject({ resolved: [{ artifact: a1, elsewhere: [a2], from: 'received' }], artifacts: [a1] });
    expect(asked).toEqual([[a1, a2]]);
  });

  it('is several where it is not the same thing', () => {
    expect(resolve(() => false)).toMatchObject({ code: 'multiple-matches' });
  });

  it('is the first where that is allowed', () => {
    expect(resolve(() => true, false)).toMatchObject({ resolved: [{ expectation: expected[0], artifact: a1 }] });
  });
});

describe('several expectations', () => {
  it('share an artifact, listed once, in the order of resolution', () => {
    const expected = [
      expectation({ match: { name: 'b' } }, 'one'),
      expectation({ match: { version: '1', name: 'a' } }, 'two'),
      expectation({ match: { name: 'b', version: '1' } }, 'three'),
    ];
    const result = resolveArtifacts({ expected, received: [a1, b1], requireUniqueMatches: true });
    expect(result).toMatchObject({
      kind: 'resolved',
      artifacts: [b1, a1],
      resolved: [{ artifact: b1 }, { artifact: a1 }, { artifact: b1 }],
    });
  });

  it('fail all with the first that fails', () => {
    const expected = [
      expectation({}, 'ok'),
      expectation({ match: { name: 'c' } }, 'bad'),
      expectation({ match: { name: '(' } }),
    ];
    const result = resolveArtifacts({ expected, received: [a1], requireUniqueMatches: true });
    expect(result).toMatchObject({ kind: 'failed', code: 'unmatched-expected-artifact', id: 'bad', index: 1 });
  });
});

describe('a failure says', () => {
  it.each<[string, Wanted, Given, string]>([
    [
      'why each candidate was not taken',
      { match: { type: 't', name: 'a', version: '3' }, prior: true },
      { received: [a1, b1, {}], prior: [a2] },
      'Expected artifact "x" (type "t", name "a", version "3") was not matched: received t a 1 (version differs: it is "1"); received t b 1 (name differs: it is "b"); received without type without name (type differs: it has none); prior t a 2 (version differs: it is "2"). The run before it has none either.',
    ],
    [
      'that there was none',
      { match: {}, fallback: 'absent' },
      {},
      'Expected artifact "x" (any) was not matched: there was no artifact to take. useDefaultArtifact is set, but there is no defaultArtifact.',
    ],
    [
      'which were too many',
      {},
      { received: [a1, b1, a2] },
      'Expected artifact "x" (name "a") matches 2 received artifacts: received t a 1; received t a 2. Write a narrower matchArtifact.',
    ],
    [
      'where a pattern breaks',
      { match: { name: 'a(?=b)' } },
      { received: [b1] },
      'Expected artifact "x": matchArtifact.name "a(?=b)" at position 1: a lookahead is not supported: it cannot be matched in linear time.',
    ],
  ])('%s', (_name, wanted, given, message) => {
    const request = {
      expected: [expectation(wanted)],
      received: [],
      prior: given.prior ?? [],
      requireUniqueMatches: true,
    };
    expect(resolveArtifacts({ ...request, ...given })).toMatchObject({ message });
  });

  it('no more than ten, and no whole content', () => {
    const received: readonly Thing[] = Array.from({ length: 200 }, (_, at) => ({
      ...b1,
      version: 'x'.repeat(5000) + at,
    }));
    const result = resolveArtifacts({ expected: [expectation({})], received, requireUniqueMatches: true });
    const { candidates = [], message = '' } = result.kind === 'failed' ? result : {};
    expect(candidates).toHaveLength(11);
    expect(candidates.at(-1)).toBe('190 more');
    expect(message.length).toBeLessThan(2500);
  });
});

it('is distinct by every field, whatever the order of keys', () => {
  const full = { ...a1, metadata: { a: 1, b: [{ c: null }] } };
  const same = { metadata: { b: [{ c: null }], a: 1 }, version: '1', name: 'a', type: 't' };
  const other = { ...full, metadata: { a: 1, b: [{ c: 0 }] } };
  expect(distinct([full, same, other])).toEqual([full, other]);
  expect(
    distinct([
      { ...a1, version: undefined },
      { type: 't', name: 'a' },
    ]),
  ).toHaveLength(1);
});

it('is total: an answer or a named error, and what it answers is one of those given', () => {
  const text = fc.constantFrom('a', 'b', '1', '.*', '[ab]', '(', '', ' ', '(?i)A');
  const thing = fc.record({ type: text, name: text, version: text }, { requiredKeys: [] });
  const wanted = fc.record({
    id: fc.string(),
    matchArtifact: thing,
    usePriorArtifact: fc.boolean(),
    useDefaultArtifact: fc.boolean(),
    defaultArtifact: fc.option(thing, { nil: undefined }),
  });
  const things = fc.array(thing, { maxLength: 5 });
  const request = fc.record({
    expected: fc.array(wanted, { maxLength: 5 }),
    received: things,
    prior: fc.option(things, { nil: undefined }),
    requireUniqueMatches: fc.boolean(),
  });
  fc.assert(
    fc.property(request, (given) => {
      const result = resolveArtifacts(given);
      if (result.kind === 'priorNeeded') {
        expect(given.prior).toBeUndefined();
        expect(given.expected.some((one) => one.usePriorArtifact)).toBe(true);
      } else if (result.kind === 'failed') {
        expect(given.expected[result.index]?.id).toBe(result.id);
        expect(result.message).not.toBe('');
      } else {
        expect(result.resolved.map(({ expectation: one }) => one)).toEqual(given.expected);
        for (const { artifact, from, expectation: one } of result.resolved) {
          const pool = { received: given.received, prior: given.prior ?? [], default: [one.defaultArtifact] }[from];
          expect(pool).toContain(artifact);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
