import { expect, it } from 'vitest';
import { parseDigest } from './digest.ts';
import type { Arrival, Head } from './environment.ts';
import { goesBefore, overtakenBy } from './overtaking.ts';
import type { Concurrency } from './pipeline.ts';
import type { Presence } from './turns.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);

function head(order: string, executionId: string): Head {
  if (digest === undefined) throw new Error('not a digest');
  const place = { environment: 'prod', pipeline: 'shop', stage: 'prod', job: 'main', step: 'deploy' };
  return { ...place, repository: 'r/shop', digest, order, executionId, since: 1 };
}

function arrival(order: string, executionId: string, rest: Partial<Arrival> = {}): Arrival {
  return {
    environment: 'prod',
    pipeline: 'shop',
    order,
    executionId,
    attempt: 1,
    stage: 'prod',
    ready: false,
    ...rest,
  };
}

const me = { executionId: 'me', order: '5', stage: 'prod' };

it.each<[string, Concurrency, Head[], Arrival[], string | undefined]>([
  ['nobody there', 'queue', [], [], undefined],
  ['an older head', 'queue', [head('4', 'old')], [], undefined],
  ['a newer head', 'queue', [head('4', 'old'), head('6', 'new')], [], 'new'],
  ['a newer head, parallel', 'parallel', [head('6', 'new')], [], 'new'],
  ['my own head', 'queue', [head('5', 'me')], [], undefined],
  ['a newer arrival in a queue waits its turn', 'queue', [], [arrival('6', 'new')], undefined],
  ['a newer arrival in parallel', 'parallel', [], [arrival('6', 'new')], undefined],
  ['a newer arrival supersedes', 'supersede', [], [arrival('6', 'new')], 'new'],
  ['an older arrival does not', 'supersede', [], [arrival('4', 'old')], undefined],
  ['a newer arrival at another stage does not', 'supersede', [], [arrival('6', 'new', { stage: 'eu' })], undefined],
])('%s', (_name, concurrency, heads, arrivals, by) => {
  expect(overtakenBy({ ...me, concurrency }, heads, arrivals)?.executionId).toBe(by);
});

it.each<[string, Arrival[], string | undefined]>([
  ['alone', [arrival('5', 'me', { ready: true })], undefined],
  ['an older one that still has gates', [arrival('4', 'old')], undefined],
  ['an older one that is ready', [arrival('4', 'old', { ready: true })], 'old'],
  ['a newer one that is ready', [arrival('6', 'new', { ready: true })], undefined],
])('the lock: %s', (_name, arrivals, before) => {
  expect(goesBefore(me, arrivals)?.executionId).toBe(before);
});

/** Where another run is, as the stores show it: what stands in the head, in the queue, and with whom the lock is. */
const places = {
  'has not come': () => ({ heads: [], arrivals: [], held: [] }),
  'waits for its gates': (order: string) => ({ heads: [], arrivals: [arrival(order, 'other')], held: [] }),
  'waits for the lock': (order: string) => ({
    heads: [],
    arrivals: [arrival(order, 'other', { ready: true })],
    held: [],
  }),
  'went straight in': (order: string) => ({ heads: [], arrivals: [], held: [held(order)] }),
  'waited and is in': (order: string) => ({ heads: [], arrivals: [arrival(order, 'other')], held: [held(order)] }),
  'is in at another stage': (order: string) => ({ heads: [], arrivals: [], held: [held(order, 'eu')] }),
  'is in and was observed': (order: string) => ({ heads: [head(order, 'other')], arrivals: [], held: [held(order)] }),
  'was observed and has left': (order: string) => ({ heads: [head(order, 'other')], arrivals: [], held: [] }),
  'failed and has left': () => ({ heads: [], arrivals: [], held: [] }),
} as const;

function held(order: string, stage = 'prod'): Presence {
  return { executionId: 'other', order, stage, attempt: 1 };
}

/** What becomes of a run whose gates allow it: it enters, waits for the lock, or is superseded. `-` = cannot be so. */
const table: readonly (readonly [
  keyof typeof places,
  age: '4' | '6',
  queue: string,
  supersede: string,
  parallel: string,
])[] = [
  ['has not come', '6', 'enters', 'enters', 'enters'],
  ['waits for its gates', '4', 'enters', 'enters', 'enters'],
  ['waits for its gates', '6', 'enters', 'superseded', 'enters'],
  ['waits for the lock', '4', 'waits', 'waits', '-'],
  ['waits for the lock', '6', 'enters', 'superseded', '-'],
  ['went straight in', '4', 'waits', 'waits', '-'],
  ['went straight in', '6', 'waits', 'superseded', '-'],
  ['waited and is in', '4', 'waits', 'waits', '-'],
  ['waited and is in', '6', 'waits', 'superseded', '-'],
  ['is in at another stage', '4', 'waits', 'waits', '-'],
  ['is in at another stage', '6', 'waits', 'waits', '-'],
  ['is in and was observed', '4', 'waits', 'waits', '-'],
  ['is in and was observed', '6', 'superseded', 'superseded', '-'],
  ['was observed and has left', '4', 'enters', 'enters', 'enters'],
  ['was observed and has left', '6', 'superseded', 'superseded', 'superseded'],
  ['failed and has left', '4', 'enters', 'enters', 'enters'],
  ['failed and has left', '6', 'enters', 'enters', 'enters'],
];

const cases = table.flatMap(([place, age, ...ends]) =>
  (['queue', 'supersede', 'parallel'] as const).flatMap((mode, index) => {
    const end = ends[index];
    return end === undefined || end === '-'
      ? []
      : [[mode, age === '6' ? 'a newer' : 'an older', place, end, age] as const];
  }),
);

it.each(cases)('%s: where %s run %s, one that may enter %s', (concurrency, _age, place, end, order) => {
  const { heads, arrivals, held: holding } = places[place](order);
  const by = overtakenBy({ ...me, concurrency }, heads, [...arrivals, ...holding]);
  const before = holding[0] ?? goesBefore(me, arrivals);
  const waits = before === undefined ? 'enters' : 'waits';
  expect(by === undefined ? waits : 'superseded').toBe(end);
});

it.each<[string, Arrival[], Presence[], string]>([
  ['the newest of three, an older one waits', [arrival('4', 'a')], [], 'enters'],
  ['the oldest of three that wait', [arrival('6', 'b'), arrival('7', 'c')], [], 'superseded'],
  ['between one that holds and one that waits', [arrival('6', 'b')], [held('4')], 'superseded'],
  ['between one that waits and one that holds', [arrival('4', 'a', { ready: true })], [held('6')], 'superseded'],
  ['behind one that holds, before one at another stage', [arrival('6', 'b', { stage: 'eu' })], [held('4')], 'waits'],
])('supersede, three runs: %s', (_name, arrivals, holding, end) => {
  const by = overtakenBy({ ...me, concurrency: 'supersede' }, [], [...arrivals, ...holding]);
  const before = holding[0] ?? goesBefore(me, arrivals);
  const waits = before === undefined ? 'enters' : 'waits';
  expect(by === undefined ? waits : 'superseded').toBe(end);
});
