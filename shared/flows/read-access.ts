import type { Caller } from '../domain/caller.ts';
import type { Execution } from '../domain/execution.ts';
import { canRead } from '../domain/permission.ts';
import type { PipelineDefinition, PipelineHead } from '../domain/pipeline.ts';
import type { Ports } from '../ports/ports.ts';
import { loadPlan } from './load-pipeline.ts';

/** Answers per pipeline whether a caller may see it, each head read once. Deleted pipelines stay readable by their last readers. */
export function createReadAccess(
  ports: Pick<Ports, 'pipelines'>,
  caller: Caller,
): (pipeline: string) => Promise<boolean> {
  const known = new Map<string, Promise<PipelineHead | undefined>>();
  return async (pipeline) => {
    const found = known.get(pipeline) ?? ports.pipelines.head(pipeline);
    known.set(pipeline, found);
    const head = await found;
    return head !== undefined && canRead(caller, head);
  };
}

/** Readers and, because they are asked about it, the groups of an approval in its version (ruling 8). */
export async function mayReadExecution(
  ports: Pick<Ports, 'pipelines'>,
  caller: Caller,
  execution: Pick<Execution, 'pipeline' | 'pipelineVersion'>,
): Promise<boolean> {
  const head = await ports.pipelines.head(execution.pipeline);
  if (head !== undefined && canRead(caller, head)) return true;
  const { definition } = await loadPlan(ports, execution.pipeline, execution.pipelineVersion);
  return isApprover(definition, caller);
}

function isApprover(definition: PipelineDefinition, caller: Caller): boolean {
  return definition.stages.some((stage) =>
    stage.gates.some((gate) => gate.kind === 'approval' && gate.groups.some((group) => caller.groups.includes(group))),
  );
}
