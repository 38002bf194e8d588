import type { Artifact } from '../../domain/artifact.ts';
import { artifactUuid } from '../../domain/artifact-identity.ts';
import type { InputArtifact } from '../../domain/expected-artifact.ts';
import type { PlanStage } from '../../domain/plan.ts';
import { findBoundInput, type RunArtifacts } from '../../domain/stage-view.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Run } from './load-run.ts';

export type StageInputs =
  | { readonly kind: 'found'; readonly inputs: readonly Artifact[] }
  | { readonly kind: 'missing'; readonly code: 'artifactNotFound'; readonly message: string };

/** What a stage's `inputArtifacts` name, as far as the run has it; a read only where there are any. */
export async function findInputs(
  ports: Pick<Ports, 'executions' | 'sha1'>,
  run: Run,
  stage: PlanStage,
): Promise<StageInputs> {
  if (stage.inputArtifacts.length === 0) return { kind: 'found', inputs: [] };
  const nodes = await ports.executions.nodes(
    run.execution.id,
    run.plan.stages.map(({ id }) => id),
  );
  const inputs: Artifact[] = [];
  for (const input of stage.inputArtifacts) {
    const artifact = findInput(ports, { ...run, nodes }, { stage, input });
    if (artifact === undefined) return missing(run, input);
    inputs.push(artifact);
  }
  return { kind: 'found', inputs };
}

function findInput(
  { sha1 }: Pick<Ports, 'sha1'>,
  run: RunArtifacts,
  { stage, input }: { readonly stage: PlanStage; readonly input: InputArtifact },
): Artifact | undefined {
  const { id, account, artifact: written } = input;
  const artifact = id === undefined ? written && withUuid(written, sha1) : boundTo(run, stage, id);
  return artifact && account !== undefined ? { ...artifact, artifactAccount: account } : artifact;
}

/** An id that nothing is bound to is no reason to take what is written beside it. */
function boundTo(run: RunArtifacts, stage: PlanStage, id: string): Artifact | undefined {
  const found = findBoundInput(run, stage, id);
  return found.kind === 'found' ? found.artifact : undefined;
}

function withUuid(written: Omit<Artifact, 'uuid'>, sha1: Ports['sha1']): Artifact {
  return { ...written, uuid: artifactUuid(written.type, written.name, written.version, sha1) };
}

function missing({ execution }: Run, { id = '', account = '' }: InputArtifact): StageInputs {
  const known = execution.bound.map((one) => one.id).join(', ') || 'nothing';
  const message = `Input artifact (id: ${id}, account: ${account}) could not be found in execution ${execution.id}: it is not bound. Bound at the start: ${known}.`;
  return { kind: 'missing', code: 'artifactNotFound', message };
}
