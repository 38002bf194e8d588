import type { ApprovalStatus } from '../../domain/approval.ts';
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
