import { everyApprovalId } from '../../domain/approval-id.ts';
import type { Execution } from '../../domain/execution.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';

/** Takes an execution away with all that is its own; its proofs, claim and builds stay. False if it has gone on meanwhile. */
export async function sweepExecution(
  ports: Pick<Ports, 'clock' | 'executions' | 'log' | 'sha256'>,
  execution: Execution,
  plan: Plan,
): Promise<boolean> {
  const { id, pipeline, pipelineVersion, attempt, createdAt } = execution;
  const versions = execution.bound.map(({ artifact }) => artifact.version).filter((version) => version !== undefined);
  const left = { approvals: everyApprovalId(execution, plan, ports.sha256), versions: [...new Set(versions)] };
  const swept = { id, pipeline, pipelineVersion, attempt, createdAt, sweptAt: ports.clock.now(), left };
  if (!(await ports.executions.sweep(execution, swept))) return false;
  await ports.executions.clear(swept);
  ports.log.info('execution removed after its retention', { execution: id, pipeline, endedAt: execution.endedAt });
  return true;
}
