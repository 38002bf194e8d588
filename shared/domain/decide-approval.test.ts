import { describe, expect, it } from 'vitest';
import type { Approval, ApprovalDecision } from './approval.ts';
import { type DecisionRequest, decideApproval } from './decide-approval.ts';
import { type Digest, parseDigest } from './digest.ts';

const one = digest('1');
const two = digest('2');
const expiresAt = 2_000;

function digest(fill: string): Digest {
  const parsed = parseDigest(`sha256:${fill.repeat(64)}`);
  if (!parsed) throw new Error('no digest');
  return parsed;
}

function decided(subject: string, decision: 'approve' | 'reject', digests = [one, two]): ApprovalDecision {
  return { subject, decision, at: 500, digests };
}

function approval(over: Partial<Approval> = {}): Approval {
  return {
    id: 'a1',
    executionId: 'e1',
    pipeline: 'shop',
    stage: 'prod',
    attempt: 1,
    gate: 0,
    artifacts: [
      { name: 'r/shop', digest: one },
      { name: 'r/web', digest: two },
    ],
    requestedAt: 0,
    expiresAt,
    groups: ['qa'],
    count: 2,
    forbidSelf: true,
    self: ['sam'],
    status: 'pending',
    decisions: [],
    rev: 3,
    ...over,
  };
}

function request(over: Partial<DecisionRequest> & { readonly who?: string; readonly groups?: readonly string[] } = {}) {
  const { who = 'ann', groups = ['qa'], ...rest } = over;
  return { caller: { subject: who, groups }, decision: 'approve' as const, digests: [one, two], ...rest };
}

describe('decideApproval', () => {
  const ann = [decided('ann', 'approve')];
  it.each([
    ['a first approval', approval(), request(), 'recorded'],
    ['digests in another order, one twice', approval(), request({ digests: [two, one, two] }), 'recorded'],
    ['a second person', approval({ decisions: ann }), request({ who: 'bob' }), 'recorded'],
    [
      'a rejection after an approval',
      approval({ decisions: ann }),
      request({ who: 'bob', decision: 'reject' }),
      'recorded',
    ],
    ['another group', approval(), request({ groups: ['dev'] }), 'forbidden'],
    ['an admin', approval(), request({ groups: ['waybill-admins'] }), 'forbidden'],
    ['self', approval(), request({ who: 'sam' }), 'forbidden'],
    ['self, rejecting', approval(), request({ who: 'sam', decision: 'reject' }), 'forbidden'],
    ['self where it may', approval({ forbidSelf: false }), request({ who: 'sam' }), 'recorded'],
    ['the same again', approval({ decisions: ann }), request(), 'repeated'],
    ['the same after the end', approval({ decisions: ann, status: 'approved' }), request(), 'repeated'],
    ['the same after the expiry', approval({ decisions: ann, status: 'expired' }), request(), 'repeated'],
    ['the same person with other digests', approval({ decisions: ann }), request({ digests: [one] }), 'conflict'],
    ['the other decision', approval({ decisions: ann }), request({ decision: 'reject' }), 'conflict'],
    ['too few digests', approval(), request({ digests: [one] }), 'conflict'],
    ['no digests', approval(), request({ digests: [] }), 'conflict'],
    ['a digest too many', approval(), request({ digests: [one, two, digest('3')] }), 'conflict'],
    ['other digests', approval(), request({ digests: [one, digest('3')] }), 'conflict'],
    ['after approval', approval({ status: 'approved' }), request(), 'conflict'],
    ['after rejection', approval({ status: 'rejected' }), request(), 'conflict'],
    ['after expiry', approval({ status: 'expired' }), request(), 'gone'],
    ['after cancelling', approval({ status: 'cancelled' }), request(), 'gone'],
    ['after superseding', approval({ status: 'superseded' }), request(), 'gone'],
    ['after the end with other digests', approval({ status: 'expired' }), request({ digests: [one] }), 'gone'],
    ['another group after the end', approval({ status: 'expired' }), request({ groups: [] }), 'forbidden'],
  ])('%s: %4$s', (_name, before, asked, kind) => {
    expect(decideApproval(before, asked, 1_000).kind).toBe(kind);
  });

  it.each([
    ['pending', expiresAt - 1, 'recorded'],
    ['pending', expiresAt, 'gone'],
    ['approved', expiresAt, 'conflict'],
  ] as const)('%s at %i: %s', (status, now, kind) => {
    expect(decideApproval(approval({ status }), request(), now).kind).toBe(kind);
  });

  it('ends when enough different people approved', () => {
    const first = decideApproval(approval(), request({ comment: 'fine' }), 900);
    expect(first).toMatchObject({ kind: 'recorded', approval: { status: 'pending', rev: 3 } });
    const after = first.kind === 'recorded' ? first.approval : approval();
    expect(after.decisions).toEqual([
      { subject: 'ann', decision: 'approve', at: 900, comment: 'fine', digests: [one, two] },
    ]);
    expect(decideApproval(after, request({ who: 'bob' }), 901)).toMatchObject({
      kind: 'recorded',
      approval: { status: 'approved', endedAt: 901, decisions: [{ subject: 'ann' }, { subject: 'bob' }] },
    });
  });

  it('ends with one rejection', () => {
    const answer = decideApproval(approval({ decisions: ann }), request({ who: 'bob', decision: 'reject' }), 900);
    expect(answer).toMatchObject({ kind: 'recorded', approval: { status: 'rejected', endedAt: 900 } });
  });

  it('says which digests it asks for, and never takes a subset of none for all', () => {
    const answer = decideApproval(approval(), request({ digests: [] }), 1);
    expect(answer).toMatchObject({ kind: 'conflict', message: expect.stringContaining(one) });
    expect(decideApproval(approval({ artifacts: [] }), request({ digests: [] }), 1).kind).toBe('recorded');
  });
});
