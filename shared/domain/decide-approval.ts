import type { Approval, ApprovalDecision } from './approval.ts';
import type { Caller } from './caller.ts';
import type { Digest } from './digest.ts';
import { approverCount } from './gates/approval.ts';

export interface DecisionRequest {
  readonly caller: Caller;
  readonly decision: 'approve' | 'reject';
  readonly digests: readonly Digest[];
  readonly comment?: string;
}

/** `recorded`: save this approval (its `rev` is still the one that was read). `repeated`: nothing to write. */
export type DecisionAnswer =
  | { readonly kind: 'recorded' | 'repeated'; readonly approval: Approval }
  | { readonly kind: 'forbidden' | 'conflict' | 'gone'; readonly message: string };

/** Ruling 8, in its order: 403, the same again 200, 410, 409. The first reject ends it; else `count` different people approve. */
export function decideApproval(approval: Approval, request: DecisionRequest, now: number): DecisionAnswer {
  const forbidden = whyForbidden(approval, request.caller);
  if (forbidden) return { kind: 'forbidden', message: forbidden };
  const mine = approval.decisions.find(({ subject }) => subject === request.caller.subject);
  if (mine?.decision === request.decision && isSameSet(mine.digests, request.digests))
    return { kind: 'repeated', approval };
  const gone = whyGone(approval, now);
  if (gone) return { kind: 'gone', message: gone };
  const conflict = whyConflict(approval, request, mine);
  if (conflict) return { kind: 'conflict', message: conflict };
  return { kind: 'recorded', approval: withDecision(approval, request, now) };
}

function whyForbidden(approval: Approval, caller: Caller): string | undefined {
  if (!approval.groups.some((group) => caller.groups.includes(group))) {
    return `Only members of ${approval.groups.join(', ')} may decide this approval.`;
  }
  if (approval.forbidSelf && approval.self.includes(caller.subject)) {
    return 'Who started, retried or pushed it may not decide this approval (forbidSelf).';
  }
  return undefined;
}

function whyGone(approval: Approval, now: number): string | undefined {
  if (approval.status === 'cancelled') return 'The approval was cancelled with its execution.';
  if (approval.status === 'superseded') return 'A newer execution superseded the one that asked.';
  const expired = approval.status === 'expired' || (approval.status === 'pending' && now >= approval.expiresAt);
  return expired ? 'The approval has expired; a retry of the execution asks anew.' : undefined;
}

function whyConflict(
  approval: Approval,
  request: DecisionRequest,
  mine: ApprovalDecision | undefined,
): string | undefined {
  if (approval.status !== 'pending') return `The approval is already ${approval.status}.`;
  if (mine) return `You have decided already: ${mine.decision}.`;
  const asked = approval.artifacts.map(({ digest }) => digest);
  if (isSameSet(asked, request.digests)) return undefined;
  return `The digests are not those asked for. It asks for ${asked.join(', ') || 'none'}.`;
}

function withDecision(approval: Approval, request: DecisionRequest, now: number): Approval {
  const { caller, decision, digests, comment } = request;
  const decisions = [...approval.decisions, { subject: caller.subject, decision, at: now, comment, digests }];
  if (decision === 'reject') return { ...approval, decisions, status: 'rejected', endedAt: now };
  if (approverCount({ decisions }) < approval.count) return { ...approval, decisions };
  return { ...approval, decisions, status: 'approved', endedAt: now };
}

function isSameSet(a: readonly Digest[], b: readonly Digest[]): boolean {
  return new Set(a).size === new Set(b).size && new Set([...a, ...b]).size === new Set(a).size;
}
