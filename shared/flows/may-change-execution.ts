import type { Caller } from '../domain/caller.ts';
import { canChange } from '../domain/permission.ts';
import type { Ports } from '../ports/ports.ts';
import { mayReadExecution } from './read-access.ts';

export type ExecutionRight =
  | { readonly kind: 'allowed' | 'notFound' }
  | { readonly kind: 'forbidden'; readonly message: string };

/** Whether a caller may cancel or retry an execution: owners of its pipeline; who may only read it is told so. */
export async function mayChangeExecution(
  ports: Pick<Ports, 'executions' | 'pipelines'>,
  input: { readonly caller: Caller; readonly id: string },
): Promise<ExecutionRight> {
  const execution = await ports.executions.find(input.id);
  if (execution === undefined || !(await mayReadExecution(ports, input.caller, execution))) return { kind: 'notFound' };
  const head = await ports.pipelines.head(execution.pipeline);
  if (head !== undefined && canChange(input.caller, head)) return { kind: 'allowed' };
  const message = `Only owners of "${execution.pipeline}" may change its executions.`;
  return { kind: 'forbidden', message };
}
