import type { Caller } from '../domain/caller.ts';
import type { Execution, ExecutionStatus } from '../domain/execution.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import type { Ports } from '../ports/ports.ts';
import { collectVisible } from './collect-visible.ts';
import { createReadAccess } from './read-access.ts';

export interface ListExecutionsInput extends PageRequest {
  readonly caller: Caller;
  readonly pipeline?: string;
  readonly status?: ExecutionStatus;
  readonly digest?: string;
}

/** Newest first, only of pipelines that the caller may see. */
export async function listExecutions(
  ports: Pick<Ports, 'executions' | 'pipelines'>,
  input: ListExecutionsInput,
): Promise<Page<Execution>> {
  const mayRead = createReadAccess(ports, input.caller);
  const { caller: _caller, ...query } = input;
  // At once: how long it took would tell how many there are.
  if (query.pipeline !== undefined && !(await mayRead(query.pipeline))) return { items: [] };
  return collectVisible(
    { limit: input.limit, cursor: input.cursor },
    (page) => ports.executions.list({ ...query, ...page }),
    (execution) => mayRead(execution.pipeline),
  );
}
