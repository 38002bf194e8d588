import type { Artifact } from '../../domain/artifact.ts';
import type { InputArtifact } from '../../domain/expected-artifact.ts';
import { inputPlace } from '../../domain/needed-content.ts';
import type { PlanStage } from '../../domain/plan.ts';
import { findBoundInput, type RunArtifacts } from '../../domain/stage-view.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Run } from './load-run.ts';

export type StageInputs =
  | { readonly kind: 'found'; readonly inputs: readonly Artifact[] }
  | { readonly kind: 'missing'; readonly code: 'artifactNotFound'; readonly message: string };

/** What a stage's `inputArtifacts` name, as far as the run has it; a read only where there are any. */
export async function findInputs(ports: Pick<Ports, 'executions'>, run: Run, stage: PlanStage): Promise<StageInputs> {
  if (stage.inputArtifacts.length === 0) return { kind: 'found', inputs: [] };
  const nodes = await ports.executions.nodes(
    run.execution.id,
    run.plan.stages.map(({ id }) => id),
  );
  const inputs: Artifact[] = [];
  for (const [index, input] of stage.inputArtifacts.entries()) {
    const artifact = findInput({ ...run, nodes }, stage, { input, place: inputPlace(stage.id, index) });
    if (artifact === undefined) return missing(run, input);
    inputs.push(artifact);
  }
  return { kind: 'found', inputs };
}

interface Placed {
  readonly input: InputArtifact;
  readonly place: string;
}

/** One that is written out was bound, and fetched, when the run was. */
function findInput(
  run: RunArtifacts & Pick<Run, 'execution'>,
  stage: PlanStage,
  { input: { id, account }, place }: Placed,
): Artifact | undefined {
  const written = run.execution.inputs?.find((one) => one.place === place)?.artifact;
  const artifact = id === undefined ? written : boundTo(run, stage, id);
  return artifact && account !== undefined ? { ...artifact, artifactAccount: account } : artifact;
}

/** An id that nothing is bound to is no reason to take what is written beside it. */
function boundTo(run: RunArtifacts, stage: PlanStage, id: string): Artifact | undefined {
  const found = findBoundInput(run, stage, id);
  return found.kind === 'found' ? found.artifact : undefined;
}

function missing({ execution }: Run, { id = '', account = '' }: InputArtifact): StageInputs {
  const known = execution.bound.map((one) => one.id).join(', ') || 'nothing';
  const message = `Input artifact (id: ${id}, account: ${account}) could not be found in execution ${execution.id}: it is not bound. Bound at the start: ${known}.`;
  return { kind: 'missing', code: 'artifactNotFound', message };
}
