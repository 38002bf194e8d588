import { expect, it } from 'vitest';
import { pollDelay, turnDelay } from './back-off.ts';
import { engineFaultRecord } from './engine-fault.ts';
import type { NodeStatus } from './execution.ts';
import { idempotencyKey, jobNode, jobOutcome, stageOutcome, stepNode, stepRuns } from './ledger.ts';

it('names nodes by their ids, and effects by execution, node and attempt', () => {
  expect([jobNode('prod', 'eu'), stepNode('prod', 'eu', 'deploy')]).toEqual(['prod/eu', 'prod/eu/deploy']);
  expect(idempotencyKey('shop-1', 'prod/eu/deploy', 2)).toBe('shop-1/prod/eu/deploy/2');
});

it.each<[NodeStatus[], NodeStatus]>([
  [['succeeded', 'succeeded'], 'succeeded'],
  [['failed', 'succeeded'], 'failed'],
  [['failed', 'cancelled'], 'failed'],
  [['succeeded', 'cancelled'], 'cancelled'],
  [['skipped', 'skipped'], 'skipped'],
  [['succeeded', 'skipped'], 'succeeded'],
])('a job of steps %j is %s', (steps, status) => {
  expect(jobOutcome(steps)).toBe(status);
});

it.each<[NodeStatus[], NodeStatus]>([
  [[], 'succeeded'],
  [['succeeded', 'skipped'], 'succeeded'],
  [['succeeded', 'failed', 'cancelled'], 'failed'],
  [['cancelled', 'succeeded'], 'cancelled'],
])('a stage of jobs %j is %s', (jobs, status) => {
  expect(stageOutcome(jobs)).toBe(status);
});

it.each<['success' | 'failure' | 'always', NodeStatus[], boolean]>([
  ['success', [], true],
  ['success', ['succeeded', 'skipped'], true],
  ['success', ['failed'], false],
  ['success', ['succeeded', 'cancelled'], false],
  ['failure', ['cancelled'], false],
  ['failure', [], false],
  ['failure', ['succeeded'], false],
  ['failure', ['failed', 'succeeded'], true],
  ['always', ['failed'], true],
  ['always', [], true],
])('when %s after %j: %s', (when, earlier, runs) => {
  expect(stepRuns(when, earlier)).toBe(runs);
});

it.each([
  [0, 5000],
  [10_000, 5000],
  [60_000, 30_000],
  [86_400_000, 1_800_000],
])('after %i ms of waiting for its turn asks again in %i', (waited, delay) => {
  expect(turnDelay(waited)).toBe(delay);
});

it('polls after 5, 10, 20 … 300 s, thirty times', () => {
  const delays = Array.from({ length: 31 }, (_, polls) => pollDelay(polls));
  expect(delays.slice(0, 8)).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  expect(delays.slice(28)).toEqual([300_000, 300_000, undefined]);
});

it.each([
  [
    'our own code with our own sentence',
    { error: 'digestMismatch', cause: 'a is not b' },
    'digestMismatch',
    'a is not b',
  ],
  [
    'the same through Lambda',
    { error: 'registryDenied', cause: '{"errorMessage":"say \\"no\\"","trace":["secret"]}' },
    'registryDenied',
    'say "no"',
  ],
  [
    'anything else shows no text of its own',
    { error: 'TypeError', cause: 'token wb_123' },
    'internal',
    'The task could not be carried out (TypeError); the service log has the fault.',
  ],
])('an engine fault: %s', (_name, fault, code, message) => {
  expect(engineFaultRecord(fault)).toEqual({ code, message });
});
