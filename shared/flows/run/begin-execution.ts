import type { BoundArtifact, Execution, LedgerNode } from '../../domain/execution.ts';
import type { JsonObject } from '../../domain/json.ts';
import { keptOnRetry } from '../../domain/kept-on-retry.ts';
import { type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import type { Ports } from '../../ports/ports.ts';
import { changeExecution, type Run } from './load-run.ts';

type BeginPorts = Pick<Ports, 'clock' | 'executions'>;

/**
 * First task of the machine: an attempt after the first clears what has to run again (before anything runs), the evidence of
 * why and with what it started is put down, and the execution is running.
 */
export async function beginExecution(ports: BeginPorts, run: Run): Promise<TaskOutput> {
  const { execution } = run;
  if (execution.attempt > 1) await clearForRetry(ports, run);
  await recordStart(ports, execution);
  await changeExecution(ports, execution.id, (present) =>
    present.status === 'queued' && present.machine === execution.machine
      ? { ...present, status: 'running', startedAt: present.startedAt ?? ports.clock.now() }
      : undefined,
  );
  return { v: taskVersion, next: 'done', stages: run.plan.stages.map((stage) => stage.ordinal) };
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

async function recordStart(ports: BeginPorts, execution: Execution): Promise<void> {
  // A first attempt that could not be bound never began: what the next one was bound to is put down by that one.
  const at = execution.attempt > 1 ? ports.clock.now() : execution.createdAt;
  await ports.executions.addEvidence(execution.id, {
    name: '1/trigger',
    at: execution.createdAt,
    kind: 'triggered',
    body: triggerBody(execution),
  });
  for (const bound of execution.bound) await recordBound(ports, execution, { bound, at });
  if (execution.attempt === 1) return;
  await ports.executions.addEvidence(execution.id, {
    name: `${execution.attempt}/retry`,
    at,
    kind: 'retried',
    body: {
      attempt: execution.attempt,
      ...(execution.retriedBy === undefined ? {} : { by: execution.retriedBy }),
    },
  });
}

async function recordBound(
  ports: BeginPorts,
  execution: Execution,
  { bound, at }: { readonly bound: BoundArtifact; readonly at: number },
): Promise<void> {
  await ports.executions.addEvidence(execution.id, {
    name: `1/bound/${bound.id}`,
    at,
    kind: 'bound',
    body: {
      source: bound.id,
      artifact: bound.artifact.name,
      version: bound.artifact.version ?? bound.artifact.reference,
      from: bound.from,
      ...(bound.tag === undefined ? {} : { tag: bound.tag }),
      ...(bound.build === undefined ? {} : { build: bound.build }),
    },
  });
}

/** What of the trigger goes into evidence and proof: names and ids, never payloads. */
export function triggerBody(execution: Execution): JsonObject {
  const { trigger } = execution;
  return {
    type: trigger.type,
    ...(trigger.receiver === undefined ? {} : { receiver: trigger.receiver }),
    ...(trigger.deliveryId === undefined ? {} : { deliveryId: trigger.deliveryId }),
    ...(trigger.user === undefined ? {} : { user: trigger.user }),
    ...(trigger.repository === undefined ? {} : { repository: trigger.repository }),
    ...(trigger.tag === undefined ? {} : { tag: trigger.tag }),
    ...(trigger.parent === undefined ? {} : { parent: trigger.parent.executionId }),
  };
}
