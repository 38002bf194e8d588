import type { Execution, LedgerNode } from '../../domain/execution.ts';
import { keptOnRetry } from '../../domain/kept-on-retry.ts';
import { type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import type { Ports } from '../../ports/ports.ts';
import { changeExecution, type Run } from './load-run.ts';

type BeginPorts = Pick<Ports, 'clock' | 'executions'>;

/**
 * First task of the machine: an attempt after the first clears what has to run again (before anything runs), and the execution
 * is running.
 */
export async function beginExecution(ports: BeginPorts, run: Run): Promise<TaskOutput> {
  const { execution } = run;
  if (execution.attempt > 1) await clearForRetry(ports, run);
  await recordRetry(ports, execution);
  // What was read a moment ago is nearly always still so.
  const started = toRunning(execution, execution, ports.clock.now());
  if (started === undefined || (await ports.executions.save(started)) === undefined) {
    await changeExecution(ports, execution.id, (present) => toRunning(present, execution, ports.clock.now()));
  }
  return { v: taskVersion, next: 'done', stages: run.plan.stages.map((stage) => stage.ordinal) };
}

function toRunning(present: Execution, asked: Execution, now: number): Execution | undefined {
  if (present.status !== 'queued' || present.machine !== asked.machine) return undefined;
  return { ...present, status: 'running', startedAt: present.startedAt ?? now };
}

/** Only nodes of earlier attempts are cleared, so a second Begin of the same attempt finds nothing to clear. */
async function clearForRetry(ports: BeginPorts, run: Run): Promise<void> {
  const nodes = await ports.executions.allNodes(run.execution.id);
  const earlier = nodes.filter((node) => node.attempt < run.execution.attempt);
  const kept = keptOnRetry(run.plan, byName(nodes));
  for (const node of earlier) if (!kept.has(node.name)) await ports.executions.removeNode(node.execution, node.name);
}

function byName(nodes: readonly LedgerNode[]): ReadonlyMap<string, LedgerNode> {
  return new Map(nodes.map((node) => [node.name, node]));
}

/** Who had it tried again; why and with what it started is in the execution itself (`startEvidence`). */
async function recordRetry(ports: BeginPorts, execution: Execution): Promise<void> {
  if (execution.attempt === 1) return;
  await ports.executions.addEvidence(execution.id, {
    name: `${execution.attempt}/retry`,
    at: ports.clock.now(),
    kind: 'retried',
    body: {
      attempt: execution.attempt,
      ...(execution.retriedBy === undefined ? {} : { by: execution.retriedBy }),
    },
  });
}
