import type { LedgerNode } from '../../domain/execution.ts';
import type { PlanStage } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { gateApprovalId } from './ask-gates.ts';
import type { Run } from './load-run.ts';

/** When a stage took its place in the queue, and the digests that its gates are asked for from then on. */
export type Arrived = Required<Pick<LedgerNode, 'arrivedAt' | 'asked'>>;

/**
 * What the ledger says of a stage's arrival; undefined = it has not arrived. A stage asks for an approval only after it took its
 * place, so the first one that it asked for says so as well as its own entry, which is then written with its wait.
 */
export async function findArrived(
  ports: Pick<Ports, 'executions' | 'sha256'>,
  run: Run,
  at: { readonly stage: PlanStage; readonly node: LedgerNode },
): Promise<Arrived | undefined> {
  const { stage, node } = at;
  if (node.arrivedAt !== undefined) return { arrivedAt: node.arrivedAt, asked: node.asked ?? [] };
  for (const [index, gate] of stage.gates.entries()) {
    if (gate.kind !== 'approval') continue;
    const asked = await ports.executions.approval(gateApprovalId(ports, { run, stage }, index));
    if (asked === undefined) continue;
    return { arrivedAt: asked.requestedAt, asked: asked.artifacts.map((one) => one.digest) };
  }
  return undefined;
}
