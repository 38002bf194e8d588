import type { BoundArtifact } from '../../domain/execution.ts';
import { Failure, type FaultRecord } from '../../domain/failure.ts';
import type { PlanStage } from '../../domain/plan.ts';
import { stageView } from '../../domain/stage-view.ts';
import { askingFor } from '../asking.ts';
import { bindResolved, type ExpectationPorts } from '../bind-expectations.ts';
import type { FetchPorts } from '../fetch-artifact.ts';
import { fetchBound } from '../fetch-bound.ts';
import type { Run } from './load-run.ts';

export type BindStagePorts = ExpectationPorts & FetchPorts;

export type StageBinding =
  | { readonly kind: 'bound'; readonly bound: readonly BoundArtifact[] }
  | ({ readonly kind: 'failed' } & FaultRecord);

/**
 * Binds what a stage expects once its steps have ended: of what it sees the first that matches, else the default; what is prior is
 * not asked (Spinnaker's BindProducedArtifactsTask). It may bind what the stage did not publish itself.
 */
export async function bindStage(given: BindStagePorts, run: Run, stage: PlanStage): Promise<StageBinding> {
  if (stage.expectedArtifacts.length === 0) return { kind: 'bound', bound: [] };
  const { execution, definition } = run;
  const ports = askingFor(given, [execution.pipeline]);
  const nodes = await ports.executions.allNodes(execution.id);
  const view = stageView({ ...run, nodes: new Map(nodes.map((node) => [node.name, node])) }, stage);
  const binding = await bindResolved(ports, {
    expected: stage.expectedArtifacts.map((one) => ({ ...one, usePriorArtifact: false })),
    received: view,
    prior: [],
    requireUniqueMatches: false,
  });
  if (binding.kind === 'failed') return binding;
  if (binding.kind === 'priorNeeded') throw new Failure('internal', 'A stage never asks for what is prior.');
  const fetched = await fetchBound(ports, { pipeline: execution.pipeline, definition, artifacts: binding.bound });
  return fetched.kind === 'failed' ? fetched : { kind: 'bound', bound: fetched.bound };
}
