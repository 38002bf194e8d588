import { expect, it } from 'vitest';
import type { EnvironmentLock } from './environment.ts';
import type { ExecutionStatus, NodeStatus } from './execution.ts';
import { hasLeft, holders, type SeenRun } from './turns.ts';

function seen(execution: SeenRun['execution'], nodes: Readonly<Record<string, NodeStatus>> = {}): SeenRun {
  return { execution, nodes: new Map(Object.entries(nodes).map(([name, status]) => [name, { status }])) };
}

function run(status: ExecutionStatus, attempt = 1): SeenRun['execution'] {
  return { status, attempt };
}

it.each<[string, SeenRun, boolean]>([
  ['runs', seen(run('running'), { prod: 'running' }), false],
  ['waits', seen(run('running'), { prod: 'waiting' }), false],
  ['took the lock and has written nothing yet', seen(run('running')), false],
  ['is retried and has not begun', seen(run('queued', 2)), false],
  ['succeeded', seen(run('running'), { prod: 'succeeded' }), true],
  ['failed', seen(run('running'), { prod: 'failed' }), true],
  ['was cancelled', seen(run('running'), { prod: 'cancelled' }), true],
  ['was skipped', seen(run('running'), { prod: 'skipped' }), true],
  ['has not ended, but its execution failed', seen(run('failed'), { prod: 'running' }), true],
  ['has not ended, but its execution succeeded', seen(run('succeeded')), true],
  ['has not ended, but its execution was cancelled', seen(run('cancelled'), { prod: 'running' }), true],
  ['has not ended, but its execution was superseded', seen(run('superseded'), { prod: 'waiting' }), true],
  ['is of an execution that retention took away', seen(undefined), true],
  ['another stage ended', seen(run('running'), { prod: 'running', pre: 'succeeded' }), false],
])('a stage that %s', (_name, from, left) => {
  const attempt = from.execution?.attempt ?? 1;
  expect(hasLeft({ attempt, stage: 'prod' }, from)).toBe(left);
});

it.each<[string, SeenRun]>([
  ['and nothing was cleared yet', seen(run('queued', 2), { prod: 'failed' })],
  ['and its entry was cleared', seen(run('running', 2))],
  ['and it waits for its gates again', seen(run('running', 2), { prod: 'waiting' })],
  ['and it runs again, without having taken the lock anew', seen(run('running', 2), { prod: 'running' })],
])('what an earlier attempt held is nobody’s once there is another, %s', (_name, from) => {
  expect(hasLeft({ attempt: 1, stage: 'prod' }, from)).toBe(true);
});

const lock: EnvironmentLock = {
  environment: 'prod',
  pipeline: 'shop',
  holder: 'x-1',
  order: '5',
  attempt: 1,
  stages: ['eu', 'us'],
  since: 1,
};
const held = (stage: string) => ({ executionId: 'x-1', order: '5', attempt: 1, stage });

it.each<[string, EnvironmentLock | undefined, SeenRun, readonly string[]]>([
  ['that nobody ever took', undefined, seen(undefined), []],
  ['of two stages', lock, seen(run('running'), { eu: 'running' }), ['eu', 'us']],
  ['of which one has left', lock, seen(run('running'), { eu: 'succeeded', us: 'running' }), ['us']],
  ['that both have left', lock, seen(run('running'), { eu: 'succeeded', us: 'failed' }), []],
  ['of an execution that ended', lock, seen(run('cancelled'), { eu: 'running' }), []],
  ['that was given up', { ...lock, stages: [] }, seen(run('running')), []],
])('a lock %s', (_name, one, from, stages) => {
  expect(holders(one, from)).toEqual(stages.map(held));
});
