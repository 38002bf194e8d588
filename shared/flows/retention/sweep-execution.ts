import { approvalId } from '../../domain/approval-id.ts';
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
  const left = { approvals: approvalsOf(ports, execution, plan), versions: [...new Set(versions)] };
  const swept = { id, pipeline, pipelineVersion, attempt, createdAt, sweptAt: ports.clock.now(), left };
  if (!(await ports.executions.sweep(execution, swept))) return false;
  await ports.executions.clear(swept);
  ports.log.info('execution removed after its retention', { execution: id, pipeline, endedAt: execution.endedAt });
  return true;
}

/** Their ids are made of their place: every attempt may have asked at every approval gate. */
function approvalsOf(
  { sha256 }: Pick<Ports, 'sha256'>,
  { id, attempt }: Execution,
  { stages }: Plan,
): readonly string[] {
  const attempts = Array.from({ length: attempt }, (_, index) => index + 1);
  return stages.flatMap((stage) =>
    stage.gates.flatMap((gate, index) =>
      gate.kind === 'approval'
        ? attempts.map((one) => approvalId({ execution: id, stage: stage.id, gate: index, attempt: one }, sha256))
        : [],
    ),
  );
}
