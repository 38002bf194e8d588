import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TagOrder } from '../pipeline.ts';
import type { Versioned } from './scheme.ts';
import { bestFirst, versioningSchemes } from './schemes.ts';
import { parseSemverTag } from './semver.ts';

const orders: readonly TagOrder[] = ['pushed', 'semver', 'numeric', 'lexical'];

function at(tag: string, pushedAt: number): Versioned {
  return { tag, pushedAt };
}

describe('each order', () => {
  const tag = fc.oneof(
    fc.stringMatching(/^v?[0-2](\.[0-2]){0,2}(-rc\.[0-2])?(\+b[0-1])?$/),
    fc.stringMatching(/^[ab0-2.]{1,5}$/),
    fc.constantFrom('latest', '007', '7', '1.0', '1.0.0', 'v1.0.0'),
  );
  const versioned = fc.record({ tag, pushedAt: fc.integer({ min: 0, max: 3 }) });

  it.each(orders)('%s is total', (order) => {
    const { compare } = versioningSchemes[order];
    fc.assert(
      fc.property(versioned, versioned, versioned, (a, b, c) => {
        const forth = Math.sign(compare(a, b));
        expect(Math.sign(compare(b, a))).toBe(forth === 0 ? 0 : -forth);
        expect(forth === 0).toBe(a.tag === b.tag && a.pushedAt === b.pushedAt);
        if (compare(a, b) >= 0 && compare(b, c) >= 0) expect(compare(a, c)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(orders)('%s puts what it admits before what it does not', (order) => {
    const scheme = versioningSchemes[order];
    fc.assert(
      fc.property(versioned, versioned, (a, b) => {
        if (scheme.admits(a.tag) && !scheme.admits(b.tag)) expect(scheme.compare(a, b)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('bestFirst', () => {
  const tags = [at('v1.10', 1), at('latest', 5), at('v1.9', 4), at('1.9.0-rc1', 3), at('build-7', 2)];

  it.each<[TagOrder, readonly string[]]>([
    ['pushed', ['latest', 'v1.9', '1.9.0-rc1', 'build-7', 'v1.10']],
    ['semver', ['v1.10', 'v1.9', '1.9.0-rc1']],
    ['numeric', ['build-7', 'v1.10', '1.9.0-rc1', 'v1.9']],
    ['lexical', ['v1.9', 'v1.10', 'latest', 'build-7', '1.9.0-rc1']],
  ])('by %s', (order, expected) => {
    expect(bestFirst(order, tags).map((version) => version.tag)).toEqual(expected);
  });
});

describe('pushed', () => {
  it.each([
    [at('a', 2), at('b', 1), 1],
    [at('a', 1), at('b', 1), -1],
    [at('a', 1), at('a', 1), 0],
  ])('row %#', (a, b, expected) => {
    expect(versioningSchemes.pushed.compare(a, b)).toBe(expected);
  });
});

describe('lexical', () => {
  it.each([
    ['2026-11-20', '2026-11-19', 1],
    ['10', '9', -1],
    ['a', 'B', 1],
    ['a', 'aa', -1],
  ])('%s and %s', (a, b, expected) => {
    expect(versioningSchemes.lexical.compare(at(a, 0), at(b, 9))).toBe(expected);
  });
});

describe('numeric', () => {
  it.each([
    ['build-10', 'build-9', 1],
    ['2026.1.10', '2026.1.9', 1],
    ['1.2', '1.2.0', -1],
    ['1.2.1', '1.2', 1],
    ['x5', 'latest', 1],
    [`1${'0'.repeat(40)}`, `9${'9'.repeat(39)}`, 1],
    ['9007199254740993', '9007199254740992', 1],
    ['0', '00000', -1],
    ['007', '7', -1],
    ['a1b2', 'a1b10', -1],
  ])('%s and %s', (a, b, expected) => {
    expect(Math.sign(versioningSchemes.numeric.compare(at(a, 0), at(b, 9)))).toBe(expected);
  });

  it.each([
    ['build-1', true],
    ['latest', false],
    ['', false],
    ['١', false],
  ])('admits %j: %s', (tag, expected) => {
    expect(versioningSchemes.numeric.admits(tag)).toBe(expected);
  });
});

describe('semver', () => {
  it.each([
    ['1.2.3', '1.2.3'],
    ['v1.2.3', '1.2.3'],
    ['1.2', '1.2.0'],
    ['v2', '2.0.0'],
    ['1.2-rc.1', '1.2.0-rc.1'],
    ['1.2.3-rc.1+b5', '1.2.3-rc.1'],
    ['20261120', '20261120.0.0'],
    ['latest', undefined],
    ['V1.2.3', undefined],
    ['vv1', undefined],
    ['=1.2.3', undefined],
    [' 1.2.3', undefined],
    ['1.2.3.4', undefined],
    ['01.2.3', undefined],
    ['1.2.3-', undefined],
    ['1.2.3-01', undefined],
    ['1.2.', undefined],
    ['1.x', undefined],
    ['shop-1.2.3', undefined],
    ['99999999999999999999', undefined],
    [`1.2.3-${'a'.repeat(300)}`, undefined],
    ['', undefined],
  ])('%s is %s', (tag, version) => {
    expect(parseSemverTag(tag)?.version).toBe(version);
    expect(versioningSchemes.semver.admits(tag)).toBe(version !== undefined);
  });

  it.each([
    ['1.10.0', '1.9.9', 1],
    ['1.0.0', '1.0.0-rc.9', 1],
    ['1.0.0-rc.10', '1.0.0-rc.9', 1],
    ['1.0.0-rc.1', '1.0.0-rc', 1],
    ['1.0.0-alpha', '1.0.0-1', 1],
    ['v1', '0.9', 1],
    ['1.0', 'latest', 1],
  ])('%s is better than %s, whenever it was pushed', (a, b, expected) => {
    expect(Math.sign(versioningSchemes.semver.compare(at(a, 0), at(b, 9)))).toBe(expected);
  });

  it.each([
    ['1.0.0+a', '1.0.0+b'],
    ['1.0', 'v1.0.0'],
    ['latest', 'newest'],
  ])('of %s and %s the later push is the better, then the tag', (a, b) => {
    expect(versioningSchemes.semver.compare(at(a, 2), at(b, 1))).toBe(1);
    expect(versioningSchemes.semver.compare(at(a, 1), at(b, 1))).toBe(-1);
  });
});
