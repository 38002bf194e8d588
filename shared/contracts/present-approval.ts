import type { Approval } from '../domain/approval.ts';
import { presentOptionalTime, presentTime } from './present-time.ts';

export function presentApproval(approval: Approval) {
  return {
    id: approval.id,
    executionId: approval.executionId,
    pipeline: approval.pipeline,
    stage: approval.stage,
    environment: approval.environment,
    attempt: approval.attempt,
    status: approval.status,
    artifacts: approval.artifacts.map(({ name, tag, digest }) => ({ name, tag, digest })),
    requestedAt: presentTime(approval.requestedAt),
    expiresAt: presentTime(approval.expiresAt),
    endedAt: presentOptionalTime(approval.endedAt),
    groups: approval.groups,
    count: approval.count,
    forbidSelf: approval.forbidSelf,
    decisions: approval.decisions.map(({ subject, decision, at, comment, digests }) => ({
      subject,
      decision,
      at: presentTime(at),
      comment,
      digests,
    })),
  };
}
