import { expect, it } from 'vitest';
import { parseDigest } from './digest.ts';
import type { Arrival, Head } from './environment.ts';
import { goesBefore, overtakenBy } from './overtaking.ts';
import type { Concurrency } from './pipeline.ts';

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
