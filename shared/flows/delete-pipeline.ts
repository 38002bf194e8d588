import type { Caller } from '../domain/caller.ts';
import { openStatuses } from '../domain/execution.ts';
import { Failure } from '../domain/failure.ts';
import { canChange, canRead } from '../domain/permission.ts';
import type { PipelineHead } from '../domain/pipeline.ts';
import type { Ports } from '../ports/ports.ts';
import { settleSubscriptions } from './settle-subscriptions.ts';

export type DeletePipelinePorts = Pick<Ports, 'pipelines' | 'executions' | 'clock'>;

export type DeletePipelineAnswer =
  | { readonly kind: 'deleted' | 'missing' }
  | { readonly kind: 'forbidden' | 'conflict'; readonly message: string };

const mostTries = 5;

/** The head is marked before the subscriptions go; versions, claims and proofs stay, and the name's numbers go on counting. */
export async function deletePipeline(
  ports: DeletePipelinePorts,
  request: { readonly name: string; readonly caller: Caller },
): Promise<DeletePipelineAnswer> {
  const { name, caller } = request;
  for (let tries = 0; tries < mostTries; tries++) {
    const head = await ports.pipelines.head(name);
    if (!head || !canRead(caller, head)) return { kind: 'missing' };
    const refusal = await whyNot(ports, head, caller);
    if (refusal) return refusal;
    if (!(await markDeleted(ports, head, caller))) continue;
    await settleSubscriptions(ports, name);
    return { kind: 'deleted' };
  }
  throw new Failure('conflict', `Pipeline ${name} is being changed by others; try again.`);
}

async function whyNot(
  ports: DeletePipelinePorts,
  head: PipelineHead,
  caller: Caller,
): Promise<DeletePipelineAnswer | undefined> {
  if (!canChange(caller, head)) return { kind: 'forbidden', message: `Only owners of "${head.name}" may delete it.` };
  if (head.deleted) {
    // A delete that died after its mark.
    await settleSubscriptions(ports, head.name);
    return { kind: 'missing' };
  }
  const open = await findOpen(ports, head.name);
  if (!open) return undefined;
  return { kind: 'conflict', message: `Execution ${open} is still open; wait for it or cancel it.` };
}

async function findOpen(ports: DeletePipelinePorts, pipeline: string): Promise<string | undefined> {
  const pages = await Promise.all(openStatuses.map((status) => ports.executions.list({ pipeline, status, limit: 1 })));
  return pages.flatMap(({ items }) => items)[0]?.id;
}

async function markDeleted(
  ports: DeletePipelinePorts,
  head: PipelineHead,
  caller: Caller,
): Promise<PipelineHead | undefined> {
  return await ports.pipelines.saveHead({
    ...head,
    deleted: true,
    updatedAt: ports.clock.now(),
    updatedBy: caller.subject,
  });
}
