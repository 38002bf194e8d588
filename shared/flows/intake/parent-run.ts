import type { Artifact } from '../../domain/artifact.ts';
import { distinctCompared } from '../../domain/compared-artifact.ts';
import type { Trigger } from '../../domain/execution.ts';
import type { PipelineDefinition } from '../../domain/pipeline.ts';
import type { Ports } from '../../ports/ports.ts';
import { findCircle } from '../find-circle.ts';
import { runArtifacts } from '../run-artifacts.ts';
import type { EventContext } from './event-context.ts';

export type ParentRun =
  | { readonly kind: 'none' }
  | { readonly kind: 'circle'; readonly message: string }
  | {
      readonly kind: 'parent';
      readonly parent: NonNullable<Trigger['parent']>;
      /** Everything that it published, was triggered with and was bound to. */
      readonly artifacts: readonly Artifact[];
    };

/** The run of ours whose success the event is. Its artifacts are read only for a pipeline that expects some. */
export async function findParentRun(
  ports: Pick<Ports, 'executions'>,
  event: EventContext['event'],
  { name, expectedArtifacts }: Pick<PipelineDefinition, 'name' | 'expectedArtifacts'>,
): Promise<ParentRun> {
  if (event.kind !== 'build' || event.execution === undefined) return { kind: 'none' };
  const { execution: executionId, pipeline } = event;
  const message = await findCircle(ports, name, executionId);
  if (message !== undefined) return { kind: 'circle', message };
  const execution = expectedArtifacts.length === 0 ? undefined : await ports.executions.find(executionId);
  const artifacts = execution === undefined ? [] : await runArtifacts(ports, execution);
  return { kind: 'parent', parent: { executionId, pipeline }, artifacts };
}

/** The trigger with its parent, and with what came from there; what the event brought itself comes first. */
export function asStartedBy(trigger: Trigger, run: ParentRun): Trigger {
  if (run.kind !== 'parent') return trigger;
  return { ...trigger, parent: run.parent, artifacts: distinctCompared([...trigger.artifacts, ...run.artifacts]) };
}
