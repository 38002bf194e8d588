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

/**
 * Newest first, only of pipelines that the caller may see. Executions with many artifacts make pages shorter than asked for: an
 * answer of a function has at most 6 MB.
 */
export async function listExecutions(
  ports: Pick<Ports, 'executions' | 'pipelines'>,
  input: ListExecutionsInput,
): Promise<Page<Execution>> {
  const mayRead = createReadAccess(ports, input.caller);
  const { caller: _caller, ...query } = input;
  // At once: how long it took would tell how many there are.
  if (query.pipeline !== undefined && !(await mayRead(query.pipeline))) return { items: [] };
  const pageOf = (limit: number) =>
    collectVisible(
      { limit, cursor: input.cursor },
      (page) => ports.executions.list({ ...query, ...page }),
      (execution) => mayRead(execution.pipeline),
    );
  const page = await pageOf(input.limit);
  const fitting = countFitting(page.items);
  // Asked again rather than cut: only the store knows the cursor behind one of them.
  return fitting === page.items.length ? page : pageOf(fitting);
}

/** Characters of what a page shows; its bytes may be twice as many. */
const mostShown = 2_500_000;

function countFitting(executions: readonly Execution[]): number {
  let shown = 0;
  const tooMany = executions.findIndex((execution) => {
    shown += shownSize(execution);
    return shown > mostShown;
  });
  return tooMany < 0 ? executions.length : Math.max(1, tooMany);
}

/** What was received is shown once, what was bound five times: as received, bound, expected and resolved, twice. */
function shownSize({ trigger: { payload, ...trigger }, bound, ...rest }: Execution): number {
  const listed = { ...rest, trigger, ...(trigger.type === 'webhook' ? {} : { payload }) };
  return JSON.stringify(listed).length + 5 * JSON.stringify(bound).length;
}
