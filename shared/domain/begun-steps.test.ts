import { expect, it } from 'vitest';
import { begunSteps, withBegunSteps } from './begun-steps.ts';
import type { LedgerNode, NodeStatus } from './execution.ts';
import { freshNode } from './ledger.ts';
import type { When } from './pipeline.ts';
import type { PlanJob, PlanStage } from './plan.ts';

function job(id: string, more: Partial<PlanJob> & { readonly first?: When } = {}): PlanJob {
  const { first = 'success', ...rest } = more;
  const step = { kind: 'webhook', with: {}, useInternalAddress: false } as const;
  const steps = [
    { ...step, id: 'one', ordinal: 1, when: first },
    { ...step, id: 'two', ordinal: 2, when: 'success' as const },
  ];
  return { ordinal: 1, id, needs: [], when: 'success', steps, ...rest };
}

function stage(...jobs: readonly PlanJob[]): PlanStage {
  const lists = { needs: [], gates: [], expectedArtifacts: [], inputArtifacts: [] };
  return { ordinal: 1, id: 's', when: 'success', ...lists, jobs };
}

function ledger(...nodes: readonly Partial<LedgerNode>[]): ReadonlyMap<string, LedgerNode> {
  const filled = nodes.map((node) => ({ ...freshNode('e', 's', 2), rev: 1, ...node }));
  return new Map(filled.map((node) => [node.name, node]));
}

const execution = { id: 'e', attempt: 2 };
const running = { status: 'running', startedAt: 7 } as const;
const one = { execution: 'e', attempt: 2, kind: 'webhook', status: 'running', startedAt: 7, rev: 0 };

it.each<[string, PlanJob, readonly string[]]>([
  ['that waits for nothing', job('a'), ['s/a/one']],
  ['that needs another', job('a', { needs: ['b'] }), []],
  ['for failures, of which there are none', job('a', { when: 'failure' }), []],
  ['that runs always', job('a', { when: 'always' }), ['s/a/one']],
  ['whose first step is for failures', job('a', { first: 'failure' }), []],
  ['whose first step runs always', job('a', { first: 'always' }), ['s/a/one']],
  ['without steps', job('a', { steps: [] }), []],
])('a stage that runs begins the first step of a job %s', (_, given, names) => {
  const begun = begunSteps(ledger(running), stage(given), execution);
  expect(begun).toEqual(names.map((name) => ({ ...one, name })));
});

it.each<[NodeStatus | undefined, number, number]>([
  [undefined, 2, 0],
  ['notStarted', 2, 0],
  ['waiting', 2, 0],
  ['running', 2, 2],
  ['running', 1, 0],
  ['succeeded', 2, 0],
  ['failed', 2, 0],
  ['skipped', 2, 0],
  ['cancelled', 2, 0],
])('a stage that is %s in attempt %i of 2 begins %i', (status, attempt, count) => {
  const nodes = status === undefined ? ledger() : ledger({ ...running, status, attempt });
  expect(begunSteps(nodes, stage(job('a'), job('b')), execution)).toHaveLength(count);
});

it('what has an entry of its own is what that says', () => {
  const stored = ledger(running, { name: 's/a/one', status: 'failed' });
  const known = withBegunSteps(stored, stage(job('a'), job('b')), execution);
  expect([...known].map(([name, { status, rev }]) => [name, status, rev])).toEqual([
    ['s', 'running', 1],
    ['s/a/one', 'failed', 1],
    ['s/b/one', 'running', 0],
  ]);
  expect(withBegunSteps(known, stage(job('a'), job('b')), execution)).toBe(known);
});
