import type { LedgerNode } from './execution.ts';
import { freshNode, type PlacedStep, stepRuns, stepsOf } from './ledger.ts';
import { readiness } from './needs.ts';
import type { PlanStage } from './plan.ts';

type Known = ReadonlyMap<string, LedgerNode>;

/**
 * The steps that a stage's entry says have begun, for which there is no entry of their own yet. A stage that runs begins the
 * first step of each job that waits for no other: its own `running` is what is written before their effects.
 */
export function begunSteps(
  nodes: Known,
  stage: PlanStage,
  execution: { readonly id: string; readonly attempt: number },
): readonly LedgerNode[] {
  const entered = nodes.get(stage.id);
  if (entered?.status !== 'running' || entered.attempt !== execution.attempt) return [];
  return stepsOf(stage)
    .filter((placed) => beginsWithStage(placed) && !nodes.has(placed.node))
    .map(({ node, step }) => ({
      ...freshNode(execution.id, node, execution.attempt),
      status: 'running',
      kind: step.kind,
      ...(entered.startedAt === undefined ? {} : { startedAt: entered.startedAt }),
    }));
}

function beginsWithStage({ job, step }: PlacedStep): boolean {
  const isFirst = job.steps[0]?.id === step.id;
  return isFirst && job.needs.length === 0 && readiness(job.when, []) === 'run' && stepRuns(step.when, []);
}

/** With what has begun without an entry of its own. */
export function withBegunSteps(
  nodes: Known,
  stage: PlanStage,
  execution: { readonly id: string; readonly attempt: number },
): Known {
  const begun = begunSteps(nodes, stage, execution);
  return begun.length === 0 ? nodes : new Map([...nodes, ...begun.map((node) => [node.name, node] as const)]);
}
