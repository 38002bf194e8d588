import { type Execution, type ExecutionStatus, isOpen, type LedgerNode } from '../../domain/execution.ts';
import type { FaultRecord } from '../../domain/failure.ts';
import { statusOf } from '../../domain/ledger.ts';
import { type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import { executionOutcome } from '../../domain/outcome.ts';
import type { ServiceMetric } from '../../domain/service-metrics.ts';
import type { Ports } from '../../ports/ports.ts';
import { answerParent } from './answer-parent.ts';
import { giveBackPlace, type StageEndPorts } from './leave-stage.ts';
import { changeExecution, type Run } from './load-run.ts';
import { publishBuild } from './publish-build.ts';
import { closeStageApprovals } from './stage-approvals.ts';
import { wakeStanding } from './wake-standing.ts';
import { writeProof } from './write-proof.ts';

export type EndPorts = StageEndPorts &
  Pick<Ports, 'deliveries' | 'metrics' | 'queue' | 'sha256' | 'signer' | 'pipelines' | 'randomness' | 'receivers'>;

/**
 * Last task of the machine. Everything that follows from the end is put down before the end itself, each under a derived name:
 * whoever dies on the way is repeated, and nobody sees an ended execution without its proof. `fault` is its error where no stage
 * has one.
 */
export async function endExecution(ports: EndPorts, run: Run, fault?: FaultRecord): Promise<TaskOutput> {
  const nodes = await ports.executions.allNodes(run.execution.id);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const execution = (await ports.executions.find(run.execution.id)) ?? run.execution;
  const current: Run = { ...run, execution };
  await closeEverything(ports, current, fault);
  const status = executionOutcome(
    execution.stop,
    run.plan.stages.map((stage) => statusOf(byName.get(stage.id))),
  );
  await writeProof(ports, current, nodes);
  if (status === 'succeeded') await publishBuild(ports, current, nodes);
  await answerParent(ports, current, { nodes, status });
  await finish(ports, execution, {
    status,
    error: status === 'succeeded' ? undefined : (firstError(run, byName) ?? fault),
  });
  if (execution.stop !== undefined || fault !== undefined) await wakeNext(ports, run);
  return { v: taskVersion, next: 'done' };
}

async function closeEverything(ports: EndPorts, run: Run, fault: FaultRecord | undefined): Promise<void> {
  const as = run.execution.stop?.kind === 'superseded' ? 'superseded' : 'cancelled';
  for (const stage of run.plan.stages) {
    await closeStageApprovals(ports, run, { stage, as });
    if (run.execution.stop !== undefined || fault !== undefined) await giveBackPlace(ports, run, stage);
  }
}

/** A stage whose call died between the lock and the ledger held it until now. */
async function wakeNext(ports: EndPorts, { execution, plan }: Run): Promise<void> {
  const environments = new Set(plan.stages.map((stage) => stage.environment));
  for (const environment of environments) {
    if (environment !== undefined) await wakeStanding(ports, environment, execution.pipeline);
  }
}

function firstError(run: Run, nodes: ReadonlyMap<string, LedgerNode>): FaultRecord | undefined {
  const stages = run.plan.stages.map((stage) => nodes.get(stage.id));
  return (stages.find((node) => node?.status === 'failed') ?? stages.find((node) => node?.error !== undefined))?.error;
}

async function finish(
  ports: EndPorts,
  execution: Execution,
  end: { readonly status: ExecutionStatus; readonly error: FaultRecord | undefined },
): Promise<void> {
  await changeExecution(ports, execution.id, (present) => {
    const open = isOpen(present) && present.machine === execution.machine;
    if (!open) return undefined;
    return {
      ...present,
      status: end.status,
      endedAt: ports.clock.now(),
      ...(end.error === undefined ? {} : { error: end.error }),
    };
  });
  ports.metrics.add(endMetrics[end.status] ?? 'executionsStopped');
  ports.log.info('execution ended', { execution: execution.id, status: end.status, attempt: execution.attempt });
}

const endMetrics: Partial<Record<ExecutionStatus, ServiceMetric>> = {
  succeeded: 'executionsSucceeded',
  failed: 'executionsFailed',
};
