import { expect, it } from 'vitest';
import { sampleDelivery, sampleMatch } from '../../../test/contracts/store-samples.ts';
import type { Delivery, Match } from '../../domain/delivery.ts';
import { createCarriedOutcomes, hasReports } from './carried-outcomes.ts';

const eight = Array.from({ length: 8 }, (_, event) => sampleMatch({ event }));
const takes: readonly (readonly [string, Partial<Delivery>, readonly Match[], readonly boolean[]])[] = [
  ['eight and no ninth', {}, [...eight, sampleMatch({ event: 8 })], [...eight.map(() => true), false]],
  ['with those of before', { outcomes: eight.slice(1) }, eight.slice(0, 2), [true, false]],
  [
    'what is short enough',
    {},
    [sampleMatch({ message: 'x'.repeat(3_000) }), sampleMatch({ message: 'x'.repeat(1_000) }), sampleMatch()],
    [true, false, true],
  ],
  [
    'nothing that is tried again',
    {},
    [sampleMatch({ status: 'pending' }), sampleMatch({ status: 'failed' })],
    [false, false],
  ],
  ['nothing that has a row', {}, [sampleMatch({ rev: 1 })], [false]],
  ['nothing for one that ended', { status: 'processed' }, [sampleMatch()], [false]],
];

it.each(takes)('carries %s', (_, delivery, matches, expected) => {
  const carried = createCarriedOutcomes(sampleDelivery(delivery));
  expect(matches.map((match) => carried.take(match))).toEqual(expected);
  expect(carried.rows).toEqual(matches.filter((_match, at) => expected[at]));
});

const report = { name: 'unit', format: 'junit', from: { kind: 'content', content: '' } } as const;
const build = { kind: 'build', pipeline: 'p', build: '1', outcome: 'succeeded', artifacts: [] } as const;
it.each([
  ['a build without', build, false],
  ['a build with none', { ...build, reports: [] }, false],
  ['a build with one', { ...build, reports: [report] }, true],
  ['a push', { kind: 'push', repository: 'r', tag: '1' } as const, false],
])('reports of %s', (_, event, expected) => {
  expect(hasReports(event)).toBe(expected);
});
