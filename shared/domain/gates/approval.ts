import type { Approval } from '../approval.ts';
import type { GateAnswer } from './gate-answer.ts';

/** `ask` = there is no request yet: create one. A pending request waits until it expires. */
export function answerApproval(approval: Approval | undefined, now: number): GateAnswer {
  if (!approval) return { kind: 'ask' };
  switch (approval.status) {
    case 'approved':
      return { kind: 'allow' };
    case 'rejected':
      return deny(
        'approvalRejected',
        rejection(approval),
        'Retry the execution to ask anew, or promote another digest.',
      );
    case 'cancelled':
      return deny('cancelled', 'The approval was cancelled with its execution.', 'Retry the execution to ask anew.');
    case 'superseded':
      return deny('superseded', 'A newer execution took the place of this one.', 'Approve the newer execution.');
    case 'expired':
      return expired(approval);
    case 'pending':
      return now >= approval.expiresAt ? expired(approval) : pending(approval);
  }
}

function pending(approval: Approval): GateAnswer {
  const approvers = approverCount(approval);
  const message = `Waits for ${approval.count - approvers} more of ${approval.count} approvals from ${approval.groups.join(', ')}.`;
  return { kind: 'wait', until: approval.expiresAt, message };
}

/** How many different people approved. */
export function approverCount(approval: Pick<Approval, 'decisions'>): number {
  const approvals = approval.decisions.filter(({ decision }) => decision === 'approve');
  return new Set(approvals.map(({ subject }) => subject)).size;
}

function rejection(approval: Approval): string {
  const decision = approval.decisions.find((entry) => entry.decision === 'reject');
  if (!decision) return 'The approval was rejected.';
  return decision.comment ? `Rejected by ${decision.subject}: ${decision.comment}` : `Rejected by ${decision.subject}.`;
}

function expired(approval: Approval): GateAnswer {
  const message = `${approverCount(approval)} of ${approval.count} approvals came before the approval expired.`;
  return deny('approvalExpired', message, 'Retry the execution to ask anew, or give the gate a longer timeout.');
}

function deny(
  code: 'approvalRejected' | 'approvalExpired' | 'cancelled' | 'superseded',
  message: string,
  fix: string,
): GateAnswer {
  return { kind: 'deny', code, message, fix };
}
