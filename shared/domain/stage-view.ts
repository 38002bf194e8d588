import type { Artifact } from './artifact.ts';
import type { BoundArtifact, Execution, LedgerNode } from './execution.ts';
import { stepsOf } from './ledger.ts';
import type { Plan, PlanStage } from './plan.ts';

/** One execution as far as its artifacts go. */
export interface RunArtifacts {
  readonly execution: Pick<Execution, 'trigger' | 'bound'>;
  readonly plan: Plan;
  /** By name; steps of stages that are looked at, and those stages. */
  readonly nodes: ReadonlyMap<string, LedgerNode>;
}

/** Stages that a stage needs, directly or through others: the nearest first, in file order, each once. */
export function ancestors(plan: Plan, stage: PlanStage): readonly PlanStage[] {
  const found = new Set<PlanStage>();
  for (let level: readonly PlanStage[] = [stage]; level.length > 0; ) {
    const needs = new Set(level.flatMap((one) => one.needs));
    level = plan.stages.filter((one) => needs.has(one.id) && one !== stage && !found.has(one));
    for (const one of level) found.add(one);
  }
  return [...found];
}

/**
 * What a stage sees (Spinnaker's getArtifacts): what its own steps published, what the stages before it published and were
 * bound to, the nearest first, and what the run was triggered with. Stages beside it are invisible; equal artifacts stay several.
 */
export function stageView(run: RunArtifacts, stage: PlanStage): readonly Artifact[] {
  const before = [stage, ...ancestors(run.plan, stage)];
  return [...before.flatMap((one) => stageOutput(run, one)), ...runInput(run.execution)];
}

/** What a stage's steps published, in plan order, and what its own expectations were bound to. */
export function stageOutput({ nodes }: Pick<RunArtifacts, 'nodes'>, stage: PlanStage): readonly Artifact[] {
  const published = stepsOf(stage).flatMap(({ node }) => {
    const found = nodes.get(node);
    return found?.status === 'succeeded' ? (found.artifacts ?? []) : [];
  });
  return [...published, ...(nodes.get(stage.id)?.bound ?? [])].map(({ artifact }) => artifact);
}

/** Spinnaker's trigger.artifacts: received, then bound. */
export function runInput({ trigger, bound }: RunArtifacts['execution']): readonly Artifact[] {
  return [...trigger.artifacts, ...bound.map(({ artifact }) => artifact)];
}

export type FoundInput = { readonly kind: 'found'; readonly artifact: Artifact } | { readonly kind: 'missing' };

/**
 * What an id is bound to for a stage: the first expectation with that id among the stage's own, those of the stages before it,
 * the nearest first, and the pipeline's. If that first one is not bound the answer is missing; no other is looked for.
 */
export function findBoundInput(run: RunArtifacts, stage: PlanStage, id: string): FoundInput {
  for (const one of [stage, ...ancestors(run.plan, stage)]) {
    const expectation = one.expectedArtifacts.find((expected) => expected.id === id);
    if (expectation !== undefined) return found(run.nodes.get(one.id)?.bound, expectation.id);
  }
  return found(run.execution.bound, id);
}

function found(bound: readonly BoundArtifact[] | undefined, id: string): FoundInput {
  const artifact = bound?.find((one) => one.id === id)?.artifact;
  return artifact === undefined ? { kind: 'missing' } : { kind: 'found', artifact };
}
