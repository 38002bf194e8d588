import type { Approval } from '../../domain/approval.ts';
import { everyApprovalId } from '../../domain/approval-id.ts';
import type { Evidence, GateState, LedgerNode } from '../../domain/execution.ts';
import { gateAnswer, lateDenial, ledgerEvidence } from '../../domain/ledger-evidence.ts';
import type { PlanStage } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Run } from './load-run.ts';

type EvidencePorts = Pick<Ports, 'executions' | 'sha256'>;

/** Everything that happened in every attempt so far: what was put down, and what ledger and approvals say themselves; in no order. */
export async function loadEvidence(
  ports: EvidencePorts,
  run: Run,
  nodes: readonly LedgerNode[],
): Promise<readonly Evidence[]> {
  const [stored, approvals] = await Promise.all([
    ports.executions.evidence(run.execution.id),
    loadApprovals(ports, run),
  ]);
  return [...stored, ...ledgerEvidence({ plan: run.plan, nodes, approvals }, stored)];
}

async function loadApprovals(ports: EvidencePorts, { execution, plan }: Run): Promise<readonly Approval[]> {
  const ids = everyApprovalId(execution, plan, ports.sha256);
  const found = await Promise.all(ids.map((id) => ports.executions.approval(id)));
  return found.filter((approval) => approval !== undefined);
}

/** Puts down what entries of the ledger say, before they are taken away. Approvals stay. */
export async function keepEvidence(
  ports: Pick<Ports, 'executions'>,
  { execution, plan }: Run,
  nodes: readonly LedgerNode[],
): Promise<void> {
  const stored = await ports.executions.evidence(execution.id);
  for (const piece of ledgerEvidence({ plan, nodes, approvals: [] }, stored)) {
    await ports.executions.addEvidence(execution.id, piece);
  }
}

/** Puts down the answers of gates that a stage's entry will no longer show: a gate may change its mind while another waits. */
export async function keepChangedGates(
  ports: Pick<Ports, 'executions'>,
  { execution }: Run,
  change: {
    readonly stage: PlanStage;
    readonly before: LedgerNode['gates'];
    readonly after: LedgerNode['gates'];
  },
): Promise<void> {
  const { stage, before = [], after = [] } = change;
  for (const [index, gate] of before.entries()) {
    if (after[index]?.status === gate.status) continue;
    for (const piece of gateAnswer({ attempt: execution.attempt, stage: stage.id, gate, index })) {
      await ports.executions.addEvidence(execution.id, piece);
    }
  }
}

/** A gate that had allowed and no longer does, found under the lock. */
export async function recordLateDenial(
  ports: Pick<Ports, 'executions'>,
  { execution }: Run,
  at: { readonly stage: PlanStage; readonly gate: GateState },
): Promise<void> {
  const denial = lateDenial({ attempt: execution.attempt, stage: at.stage.id, gate: at.gate });
  await ports.executions.addEvidence(execution.id, denial);
}
