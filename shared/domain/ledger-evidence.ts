import type { Approval } from './approval.ts';
import type { Evidence, GateState, LedgerNode } from './execution.ts';
import type { JsonObject } from './json.ts';
import { type PlacedStep, stepsByNode } from './ledger.ts';
import type { Plan } from './plan.ts';
import { findStepKind } from './step-kinds.ts';

/** What of a run's ledger speaks for itself. */
export interface LedgerRecords {
  readonly plan: Plan;
  readonly nodes: readonly LedgerNode[];
  readonly approvals: readonly Approval[];
}

/**
 * The evidence that entries of stages and steps, and approvals, are by themselves: it needs no item of its own. What is `stored`
 * under the same name was kept from an earlier state and stands; it is not among the answer.
 */
export function ledgerEvidence(
  { plan, nodes, approvals }: LedgerRecords,
  stored: readonly Evidence[],
): readonly Evidence[] {
  const steps = stepsByNode(plan);
  const stages = new Set(plan.stages.map((stage) => stage.id));
  const known = new Map(stored.map((piece) => [piece.name, piece]));
  const found = nodes.flatMap((node) => {
    const placed = steps.get(node.name);
    if (placed !== undefined) return stepEvidence(placed, node);
    return stages.has(node.name) ? gatesEvidence(node, known) : [];
  });
  return [...found, ...approvals.flatMap(decisionEvidence)].filter((piece) => !known.has(piece.name));
}

/** Of a finished deployment; of a step that failed or was stopped while under way. */
function stepEvidence({ stage, step }: PlacedStep, node: LedgerNode): readonly Evidence[] {
  const { name, attempt, status, endedAt: at, kind, repository, wanted, observed } = node;
  if (at === undefined) return [];
  if (kind !== undefined && (status === 'failed' || status === 'cancelled')) {
    return [{ name: `${attempt}/${name}/${status}`, at, kind: status, body: unfinishedBody(node) }];
  }
  const deploys = findStepKind(step.kind)?.deploys === true;
  if (status !== 'succeeded' || !deploys || wanted === undefined || repository === undefined) return [];
  const body = {
    ...(stage.environment === undefined ? {} : { environment: stage.environment }),
    step: name,
    type: step.kind,
    repository,
    wanted,
    observed: observed ?? 'notObserved',
  };
  return [{ name: `${attempt}/${name}/deployed`, at, kind: 'deployed', body }];
}

function unfinishedBody({ name, status, error, wanted, observed }: LedgerNode): JsonObject {
  return {
    step: name,
    code: error?.code ?? status,
    ...(wanted === undefined ? {} : { wanted }),
    ...(observed === undefined ? {} : { observed }),
  };
}

/** A denial that was put down as a late one is that one. */
function gatesEvidence(node: LedgerNode, known: ReadonlyMap<string, Evidence>): readonly Evidence[] {
  const { name: stage, attempt, gates = [] } = node;
  return gates.flatMap((gate, index) => {
    if (gate.status === 'denied' && known.get(lateDenial({ attempt, stage, gate }).name)?.at === gate.at) return [];
    return gateAnswer({ attempt, stage, gate, index });
  });
}

interface StageGate {
  readonly attempt: number;
  readonly stage: string;
  readonly gate: GateState;
}

/** What a gate of a stage answered; none while it waits. */
export function gateAnswer({ attempt, stage, gate, index }: StageGate & { readonly index: number }): Evidence[] {
  if (gate.status === 'waiting') return [];
  const name = `${attempt}/${stage}/gate/${index}/${gate.status}`;
  return [{ name, at: gate.at, kind: 'gate', body: gateBody(stage, gate) }];
}

/** A gate that had allowed and no longer does, found under the lock. */
export function lateDenial({ attempt, stage, gate }: StageGate): Evidence {
  return {
    name: `${attempt}/${stage}/gate/late/${gate.kind}`,
    at: gate.at,
    kind: 'gate',
    body: gateBody(stage, gate),
  };
}

function gateBody(stage: string, { kind, status, code, message }: GateState): JsonObject {
  return {
    stage,
    gate: kind,
    outcome: status,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
  };
}

function decisionEvidence({ id, attempt, stage, gate, decisions }: Approval): readonly Evidence[] {
  return decisions.map(({ subject, decision, at, digests, comment }) => ({
    name: `${attempt}/${stage}/approval/${gate}/${subject}`,
    at,
    kind: 'approval',
    body: {
      stage,
      approval: id,
      subject,
      decision,
      digests: [...digests].sort(),
      ...(comment === undefined ? {} : { comment }),
    },
  }));
}
