import { expect, it } from 'vitest';
import type { LedgerNode, NodeStatus } from './execution.ts';
import { keptOnRetry } from './kept-on-retry.ts';
import type { Plan, PlanJob, PlanStage } from './plan.ts';

function job(id: string, needs: string[] = [], steps = ['s']): PlanJob {
  const made = steps.map((step, at) => ({
    ordinal: at + 1,
    id: step,
    kind: 'webhook',
    with: {},
    when: 'success' as const,
    useInternalAddress: false,
  }));
  return { ordinal: 1, id, needs, when: 'success', steps: made };
}

function stage(id: string, needs: string[], jobs: PlanJob[]): PlanStage {
  return { ordinal: 1, id, needs, when: 'success', gates: [], expectedArtifacts: [], inputArtifacts: [], jobs };
}

const plan: Plan = {
  concurrency: 'queue',
  // `prod` stands before what it needs, as files may.
  stages: [stage('prod', ['pre'], [job('eu'), job('us', ['eu'])]), stage('pre', [], [job('main', [], ['a', 'b'])])],
};

function ledger(statuses: Record<string, NodeStatus>): ReadonlyMap<string, LedgerNode> {
  return new Map(
    Object.entries(statuses).map(([name, status]) => [name, { execution: 'e', name, attempt: 1, status, rev: 1 }]),
  );
}

const pre = {
  pre: 'succeeded',
  'pre/main': 'succeeded',
  'pre/main/a': 'succeeded',
  'pre/main/b': 'succeeded',
} as const;

it.each<[string, Record<string, NodeStatus>, string[]]>([
  [
    'all succeeded',
    { ...pre, prod: 'succeeded', 'prod/eu': 'succeeded', 'prod/eu/s': 'succeeded' },
    [...Object.keys(pre), 'prod', 'prod/eu', 'prod/eu/s'],
  ],
  [
    'a job failed: the other one stays done',
    {
      ...pre,
      prod: 'failed',
      'prod/eu': 'succeeded',
      'prod/eu/s': 'succeeded',
      'prod/us': 'failed',
      'prod/us/s': 'failed',
    },
    [...Object.keys(pre), 'prod/eu', 'prod/eu/s'],
  ],
  [
    'an earlier job failed: what needs it runs again',
    {
      ...pre,
      prod: 'failed',
      'prod/eu': 'failed',
      'prod/eu/s': 'failed',
      'prod/us': 'succeeded',
      'prod/us/s': 'succeeded',
    },
    Object.keys(pre),
  ],
  [
    'a handler that succeeded after a failed step runs again',
    { pre: 'failed', 'pre/main': 'failed', 'pre/main/a': 'failed', 'pre/main/b': 'succeeded' },
    [],
  ],
  [
    'a step that had nothing to do stays skipped',
    { pre: 'failed', 'pre/main': 'failed', 'pre/main/a': 'skipped', 'pre/main/b': 'failed' },
    ['pre/main/a'],
  ],
  [
    'a first step stays done',
    { pre: 'failed', 'pre/main': 'failed', 'pre/main/a': 'succeeded', 'pre/main/b': 'failed' },
    ['pre/main/a'],
  ],
  [
    'a stage that handled the failure of another runs again',
    { pre: 'failed', prod: 'succeeded', 'prod/eu': 'succeeded', 'prod/eu/s': 'succeeded' },
    [],
  ],
  ['an interrupted retry that removed the failed nodes', { 'pre/main/b': 'succeeded', prod: 'skipped' }, []],
])('%s', (_name, statuses, kept) => {
  expect([...keptOnRetry(plan, ledger(statuses))].sort()).toEqual([...kept].sort());
});
