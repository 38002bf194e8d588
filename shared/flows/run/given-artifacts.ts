import type { Artifact } from '../../domain/artifact.ts';
import { distinctCompared } from '../../domain/compared-artifact.ts';
import type { PlacedStep } from '../../domain/ledger.ts';
import { stageView } from '../../domain/stage-view.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Run } from './load-run.ts';

/**
 * The artifacts that go along with a step: those that its inputs refer to. A `webhook` is also given what its stage consumes
 * (`inputArtifacts`); a `pipeline` step that names no `artifacts` hands over everything that its stage sees. An artifact that is
 * there twice, as bound and as published, goes along once.
 */
export async function givenArtifacts(
  ports: Pick<Ports, 'executions'>,
  run: Run,
  { placed, referred }: { readonly placed: PlacedStep; readonly referred: readonly Artifact[] },
): Promise<readonly Artifact[]> {
  const { stage, step } = placed;
  if (step.kind === 'webhook' && stage.inputArtifacts.length > 0) {
    const node = (await ports.executions.nodes(run.execution.id, [stage.id])).get(stage.id);
    return distinctCompared([...referred, ...(node?.inputs ?? [])]);
  }
  if (step.kind !== 'pipeline' || step.with.artifacts !== undefined) return referred;
  const nodes = await ports.executions.allNodes(run.execution.id);
  return distinctCompared(stageView({ ...run, nodes: new Map(nodes.map((node) => [node.name, node])) }, stage));
}
