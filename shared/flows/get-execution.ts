import type { Caller } from '../domain/caller.ts';
import type { Execution, LedgerNode } from '../domain/execution.ts';
import { withJobStatuses } from '../domain/job-status.ts';
import type { Plan } from '../domain/plan.ts';
import type { Ports } from '../ports/ports.ts';
import { mayReadExecution } from './read-access.ts';
import { loadRun } from './run/load-run.ts';

export interface ExecutionView {
  readonly execution: Execution;
  readonly plan: Plan;
  readonly nodes: readonly LedgerNode[];
}

type ReadPorts = Pick<Ports, 'executions' | 'pipelines'>;

/** An execution with its plan and ledger; undefined also for what the caller may not see. */
export async function getExecution(
  ports: ReadPorts,
  input: { readonly caller: Caller; readonly id: string },
): Promise<ExecutionView | undefined> {
  const execution = await ports.executions.find(input.id);
  if (execution === undefined || !(await mayReadExecution(ports, input.caller, execution))) return undefined;
  const run = await loadRun(ports, input.id);
  const nodes = withJobStatuses(run.plan, run.execution, await ports.executions.allNodes(input.id));
  return { execution: run.execution, plan: run.plan, nodes };
}
