import type { Approval, ApprovalStatus } from '../../domain/approval.ts';
import type { GateState } from '../../domain/execution.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { PlanStage } from '../../domain/plan.ts';
import type { StageImage } from '../../domain/stage-images.ts';
import type { Ports } from '../../ports/ports.ts';
import { gateApprovalId } from './ask-gates.ts';
import type { Run } from './load-run.ts';

type ApprovalPorts = Pick<Ports, 'clock' | 'executions' | 'sha256'>;

/** Asks people for the digests, once per attempt: the request's id is derived, so asking again finds the first. */
export async function askForApproval(
  ports: ApprovalPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly gate: number; readonly images: readonly StageImage[] },
): Promise<void> {
  const gate = at.stage.gates[at.gate];
  if (gate?.kind !== 'approval') return;
  const { execution } = run;
  const now = ports.clock.now();
  await ports.executions.createApproval({
    id: gateApprovalId(ports, { run, stage: at.stage }, at.gate),
    executionId: execution.id,
    pipeline: execution.pipeline,
    stage: at.stage.id,
    ...(at.stage.environment === undefined ? {} : { environment: at.stage.environment }),
    attempt: execution.attempt,
    gate: at.gate,
    artifacts: at.images,
    requestedAt: now,
    expiresAt: now + gate.timeout,
    groups: gate.groups,
    count: gate.count,
    forbidSelf: gate.forbidSelf,
    self: selves(run),
    status: 'pending',
    decisions: [],
    rev: 0,
  });
}

/** Who is self (ruling 9): who started, pushed or retried. */
function selves(run: Run): readonly string[] {
  const { trigger, retriers = [] } = run.execution;
  return [trigger.user, ...retriers].filter((one) => one !== undefined);
}

/** Closes the pending approvals of a stage; one that was decided meanwhile stays decided. */
export async function closeStageApprovals(
  ports: ApprovalPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly as: Extract<ApprovalStatus, 'expired' | 'cancelled' | 'superseded'> },
): Promise<void> {
  for (const [index, gate] of at.stage.gates.entries()) {
    if (gate.kind !== 'approval') continue;
    await closeApproval(ports, gateApprovalId(ports, { run, stage: at.stage }, index), at.as);
  }
}

async function closeApproval(ports: ApprovalPorts, id: string, as: ApprovalStatus): Promise<void> {
  for (let tries = 0; tries < 8; tries++) {
    const approval = await ports.executions.approval(id);
    if (approval === undefined || approval.status !== 'pending') return;
    const saved = await ports.executions.saveApproval({ ...approval, status: as, endedAt: ports.clock.now() });
    if (saved !== undefined) return;
  }
}

/** Puts down what gates and people have decided so far: names are derived, so the same decision is put down once. */
export async function recordGateEvidence(
  ports: ApprovalPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly gates: readonly GateState[] },
): Promise<void> {
  const { execution } = run;
  for (const [index, gate] of at.gates.entries()) {
    if (gate.approvalId !== undefined) await recordDecisions(ports, run, { stage: at.stage, id: gate.approvalId });
    if (gate.status === 'waiting') continue;
    await ports.executions.addEvidence(execution.id, {
      name: `${execution.attempt}/${at.stage.id}/gate/${index}/${gate.status}`,
      at: gate.at,
      kind: 'gate',
      body: gateBody(at.stage, gate),
    });
  }
}

/** A gate that had allowed and no longer does, found under the lock. */
export async function recordLateDenial(
  ports: ApprovalPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly gate: GateState },
): Promise<void> {
  const { execution } = run;
  await ports.executions.addEvidence(execution.id, {
    name: `${execution.attempt}/${at.stage.id}/gate/late/${at.gate.kind}`,
    at: at.gate.at,
    kind: 'gate',
    body: gateBody(at.stage, at.gate),
  });
}

function gateBody(stage: PlanStage, gate: GateState): JsonObject {
  return {
    stage: stage.id,
    gate: gate.kind,
    outcome: gate.status,
    ...(gate.code === undefined ? {} : { code: gate.code }),
    ...(gate.message === undefined ? {} : { message: gate.message }),
  };
}

async function recordDecisions(
  ports: ApprovalPorts,
  run: Run,
  at: { readonly stage: PlanStage; readonly id: string },
): Promise<void> {
  const approval = await ports.executions.approval(at.id);
  for (const decision of approval?.decisions ?? []) {
    await ports.executions.addEvidence(run.execution.id, {
      name: `${run.execution.attempt}/${at.stage.id}/approval/${approval?.gate ?? 0}/${decision.subject}`,
      at: decision.at,
      kind: 'approval',
      body: decisionBody(at.stage, approval, decision),
    });
  }
}

function decisionBody(
  stage: PlanStage,
  approval: Approval | undefined,
  decision: Approval['decisions'][number],
): JsonObject {
  return {
    stage: stage.id,
    approval: approval?.id ?? '',
    subject: decision.subject,
    decision: decision.decision,
    digests: [...decision.digests].sort(),
    ...(decision.comment === undefined ? {} : { comment: decision.comment }),
  };
}
