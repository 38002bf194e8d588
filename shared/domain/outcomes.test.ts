import { expect, it } from 'vitest';
import type { Match } from './delivery.ts';
import { addOutcomes } from './outcomes.ts';

const match = (event: number, pipeline: string, source: string, message = ''): Match => ({
  event,
  pipeline,
  source,
  message,
  matched: true,
  reason: 'matched',
  status: 'done',
  attempts: 1,
  rev: 0,
});
const names = (matches: readonly Match[]) =>
  matches.map(({ event, pipeline, source, message }) => `${event}${pipeline}${source}${message}`);

it.each([
  ['nothing to nothing', [], [], []],
  ['nothing', [match(0, 'p', 'a', 'x')], [], ['0pax']],
  ['another rule', [match(0, 'p', 'a')], [match(0, 'p', 'b')], ['0pa', '0pb']],
  ['the rule again: what there is stands', [match(0, 'p', 'a', 'x')], [match(0, 'p', 'a', 'y')], ['0pax']],
  ['an earlier event', [match(2, 'p', 'a')], [match(0, 'p', 'a'), match(1, 'q', 'a')], ['0pa', '1qa', '2pa']],
  ['what reads alike', [match(0, 'p', 'q,a')], [match(0, 'p,q', 'a')], ['0pq,a', '0p,qa']],
])('adds %s', (_, present, more, expected) => {
  const all = addOutcomes(present, more);
  expect(names(all)).toEqual(expected);
  expect(all === present).toBe(all.length === present.length);
});
