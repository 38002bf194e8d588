import { expect, it } from 'vitest';
import type { ExecutionStatus, NodeStatus, Stop } from './execution.ts';
import { executionOutcome } from './outcome.ts';

const cancelled: Stop = { kind: 'cancelled', at: 1 };
const superseded: Stop = { kind: 'superseded', at: 1 };
const late: Stop = { kind: 'deadlineExceeded', at: 1 };

it.each<[string, Stop | undefined, NodeStatus[], ExecutionStatus]>([
  ['all well', undefined, ['succeeded', 'succeeded'], 'succeeded'],
  ['a skipped handler is well', undefined, ['succeeded', 'skipped'], 'succeeded'],
  ['one failed, though handled', undefined, ['failed', 'succeeded'], 'failed'],
  ['nobody stopped it, yet a stage is open', undefined, ['succeeded', 'running'], 'failed'],
  ['nobody stopped it, yet a stage never started', undefined, ['notStarted'], 'failed'],
  ['cancelled in time', cancelled, ['succeeded', 'cancelled'], 'cancelled'],
  ['cancelled when all had ended', cancelled, ['succeeded', 'succeeded'], 'succeeded'],
  ['cancelled after a failure, nothing left to stop', cancelled, ['failed', 'skipped'], 'failed'],
  ['cancelled after a failure, something stopped', cancelled, ['failed', 'cancelled'], 'cancelled'],
  ['superseded', superseded, ['succeeded', 'cancelled'], 'superseded'],
  ['past its deadline', late, ['cancelled'], 'failed'],
])('%s', (_name, stop, stages, outcome) => {
  expect(executionOutcome(stop, stages)).toBe(outcome);
});
