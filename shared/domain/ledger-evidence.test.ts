import { expect, it } from 'vitest';
import type { Approval } from './approval.ts';
import { parseDigest } from './digest.ts';
import type { Evidence, GateState, LedgerNode } from './execution.ts';
import { freshNode } from './ledger.ts';
import { ledgerEvidence } from './ledger-evidence.ts';
import type { Plan, PlanStage } from './plan.ts';

const wanted = parseDigest(`sha256:${'a'.repeat(64)}`);
const other = parseDigest(`sha256:${'b'.repeat(64)}`);
if (wanted === undefined || other === undefined) throw new Error('no digests');

const lists = { needs: [], gates: [], expectedArtifacts: [], inputArtifacts: [] };

function stage(id: string, kind: string, environment?: string): PlanStage {
  const step = { id: 'go', ordinal: 1, kind, with: {}, when: 'success', useInternalAddress: false } as const;
  const job = { id: 'main', ordinal: 1, needs: [], when: 'success', steps: [step] } as const;
  return {
    ordinal: 1,
    id,
    when: 'success',
    ...lists,
    jobs: [job],
    ...(environment === undefined ? {} : { environment }),
  };
}

const plan: Plan = {
  concurrency: 'supersede',
  stages: [stage('prod', 'directory', 'live'), stage('nowhere', 'directory'), stage('child', 'pipeline')],
};

function node(name: string, more: Partial<LedgerNode>): LedgerNode {
  return { ...freshNode('e', name, 2), rev: 1, ...more };
}

function derived(nodes: readonly LedgerNode[], stored: readonly Evidence[] = [], approvals: readonly Approval[] = []) {
  return ledgerEvidence({ plan, nodes, approvals }, stored);
}

const done = {
  status: 'succeeded',
  endedAt: 9,
  kind: 'directory',
  repository: 'r/a',
  wanted,
  observed: wanted,
} as const;
const body = { step: 'prod/main/go', type: 'directory', repository: 'r/a', wanted, observed: wanted };

it.each<[string, string, Partial<LedgerNode>, object | undefined]>([
  ['was observed', 'prod', done, { ...body, environment: 'live' }],
  [
    'cannot be observed',
    'prod',
    { ...done, observed: undefined },
    { ...body, environment: 'live', observed: 'notObserved' },
  ],
  ['is in no environment', 'nowhere', done, { ...body, step: 'nowhere/main/go' }],
  ['deploys nothing by its kind', 'child', done, undefined],
  ['deployed nothing', 'prod', { ...done, wanted: undefined }, undefined],
  ['is under way', 'prod', { ...done, status: 'running', endedAt: undefined }, undefined],
  ['was skipped', 'prod', { ...done, status: 'skipped' }, undefined],
])('of a step that %s', (_, id, more, expected) => {
  const found = derived([node(`${id}/main/go`, more)]);
  const name = `2/${id}/main/go/deployed`;
  expect(found).toEqual(expected === undefined ? [] : [{ name, at: 9, kind: 'deployed', body: expected }]);
});

it.each<[string, Partial<LedgerNode>, object | undefined]>([
  ['failed', { error: { code: 'stepFailed', message: 'no' } }, { code: 'stepFailed' }],
  [
    'failed',
    { error: { code: 'digestMismatch', message: 'no' }, wanted, observed: other },
    { code: 'digestMismatch', wanted, observed: other },
  ],
  ['cancelled', {}, { code: 'cancelled' }],
  ['cancelled', { kind: undefined }, undefined],
])('of a step that %s, %o', (status, more, expected) => {
  const found = derived([
    node('prod/main/go', {
      status: status === 'failed' ? 'failed' : 'cancelled',
      endedAt: 9,
      kind: 'directory',
      ...more,
    }),
  ]);
  const piece = { name: `2/prod/main/go/${status}`, at: 9, kind: status, body: { step: 'prod/main/go', ...expected } };
  expect(found).toEqual(expected === undefined ? [] : [piece]);
});

const allowed: GateState = { kind: 'scan', status: 'allowed', at: 4 };
const denied: GateState = { kind: 'scan', status: 'denied', code: 'scanDenied', message: 'bad', at: 5 };

function late(at: number): Evidence {
  return { name: '2/prod/gate/late/scan', at, kind: 'gate', body: {} };
}

it.each<[string, readonly GateState[], readonly Evidence[], readonly string[]]>([
  ['answered', [allowed, denied], [], ['2/prod/gate/0/allowed', '2/prod/gate/1/denied']],
  ['waits', [allowed, { kind: 'approval', status: 'waiting', at: 5 }], [], ['2/prod/gate/0/allowed']],
  ['was put down before', [allowed, denied], [{ ...late(4), name: '2/prod/gate/0/allowed' }], ['2/prod/gate/1/denied']],
  ['is the late denial', [denied], [late(5)], []],
  ['denied again after a late denial', [denied], [late(3)], ['2/prod/gate/0/denied']],
])('of a gate that %s', (_, gates, stored, names) => {
  expect(derived([node('prod', { status: 'failed', gates })], stored).map(({ name }) => name)).toEqual(names);
});

it('of what a gate said: its code and message, never the fix', () => {
  const [piece] = derived([node('prod', { gates: [{ ...denied, fix: 'push another' }] })]);
  const said = { stage: 'prod', gate: 'scan', outcome: 'denied', code: 'scanDenied', message: 'bad' };
  expect(piece).toEqual({ name: '2/prod/gate/0/denied', at: 5, kind: 'gate', body: said });
});

it('of each decision, in whatever the request ended', () => {
  const decisions = [
    { subject: 'alice', decision: 'approve', at: 3, digests: [other, wanted] },
    { subject: 'bob', decision: 'reject', at: 4, digests: [wanted], comment: 'not now' },
  ] as const;
  const asked = { id: 'apr_1', executionId: 'e', pipeline: 'p', stage: 'prod', attempt: 1, gate: 1, artifacts: [] };
  const rule = { requestedAt: 1, expiresAt: 9, groups: ['rm'], count: 2, forbidSelf: false, self: [] };
  const approval: Approval = { ...asked, ...rule, status: 'cancelled', decisions, rev: 3 };
  const common = { stage: 'prod', approval: 'apr_1' };
  expect(derived([], [], [approval])).toEqual([
    {
      name: '1/prod/approval/1/alice',
      at: 3,
      kind: 'approval',
      body: { ...common, subject: 'alice', decision: 'approve', digests: [wanted, other] },
    },
    {
      name: '1/prod/approval/1/bob',
      at: 4,
      kind: 'approval',
      body: { ...common, subject: 'bob', decision: 'reject', digests: [wanted], comment: 'not now' },
    },
  ]);
});

it('of a job, which keeps nothing of its own: none', () => {
  expect(derived([node('prod/main', { status: 'failed', endedAt: 9 })])).toEqual([]);
});
