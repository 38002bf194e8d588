import { describe, expect, it } from 'vitest';
import type { Approval, ApprovalStatus } from '../approval.ts';
import { answerApproval, approverCount } from './approval.ts';

function approval(status: ApprovalStatus, over: Partial<Approval> = {}): Approval {
  const who = { executionId: 'e', pipeline: 'shop', stage: 'prod', attempt: 1, gate: 0, groups: ['qa'], self: [] };
  const times = { requestedAt: 0, expiresAt: 2_000 };
  return {
    id: 'a',
    ...who,
    ...times,
    artifacts: [],
    count: 2,
    forbidSelf: false,
    decisions: [],
    rev: 1,
    ...over,
    status,
  };
}

const by = (subject: string, decision: 'approve' | 'reject' = 'approve', comment?: string) => ({
  subject,
  decision,
  at: 1,
  digests: [],
  comment,
});

describe('the approval gate', () => {
  it.each([
    [undefined, 1, { kind: 'ask' }],
    [approval('pending'), 1_999, { kind: 'wait', until: 2_000 }],
    [approval('pending'), 2_000, { kind: 'deny', code: 'approvalExpired' }],
    [approval('approved'), 9_999, { kind: 'allow' }],
    [approval('rejected'), 1, { kind: 'deny', code: 'approvalRejected' }],
    [approval('expired'), 1, { kind: 'deny', code: 'approvalExpired' }],
    [approval('cancelled'), 1, { kind: 'deny', code: 'cancelled' }],
    [approval('superseded'), 1, { kind: 'deny', code: 'superseded' }],
  ])('%#: %2$o', (record, now, answer) => {
    expect(answerApproval(record, now)).toMatchObject(answer);
  });

  it.each([
    [approval('pending', { decisions: [by('ann')] }), 'Waits for 1 more of 2 approvals from qa.'],
    [approval('rejected', { decisions: [by('ann'), by('bob', 'reject', 'too risky')] }), 'Rejected by bob: too risky'],
    [approval('rejected', { decisions: [by('bob', 'reject')] }), 'Rejected by bob.'],
    [approval('expired', { decisions: [by('ann')] }), '1 of 2 approvals came before the approval expired.'],
  ])('%#: says %s', (record, message) => {
    expect(answerApproval(record, 1)).toMatchObject({ message });
  });

  it('counts people, not decisions', () => {
    expect(approverCount({ decisions: [by('ann'), by('ann'), by('bob', 'reject'), by('cid')] })).toBe(2);
  });
});
