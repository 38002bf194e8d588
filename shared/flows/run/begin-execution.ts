import { artifactDigest, artifactRepository } from '../../domain/artifact-identity.ts';
import type { Execution, LedgerNode } from '../../domain/execution.ts';
import { Failure, type FaultRecord } from '../../domain/failure.ts';
import { withJobStatuses } from '../../domain/job-status.ts';
import { keptOnRetry } from '../../domain/kept-on-retry.ts';
import { type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import type { Ports } from '../../ports/ports.ts';
import { rebuiltWarning } from '../intake/rebuilt-warning.ts';
import { keepEvidence } from './load-evidence.ts';
import { changeExecution, type Run } from './load-run.ts';

type BeginPorts = Pick<Ports, 'artifacts' | 'clock' | 'environments' | 'executions' | 'pipelines'>;

/**
 * First task of the machine: an attempt after the first clears what has to run again (before anything runs), and the execution
 * is running.
 */
export async function beginExecution(ports: BeginPorts, run: Run): Promise<TaskOutput> {
  const { execution } = run;
  if (execution.attempt > 1) await clearForRetry(ports, run);
  await recordRetry(ports, execution);
  // What was read a moment ago is nearly always still so.
  const warnings = await rebuiltWarnings(ports, run);
  const begin = (present: Execution) => toRunning(present, execution, { now: ports.clock.now(), warnings });
  const started = begin(execution);
  if (started === undefined || (await ports.executions.save(started)) === undefined) {
    await changeExecution(ports, execution.id, begin);
  }
  return { v: taskVersion, next: 'done', stages: run.plan.stages.map((stage) => stage.ordinal) };
}

function toRunning(
  present: Execution,
  asked: Execution,
  begun: { readonly now: number; readonly warnings: readonly FaultRecord[] },
): Execution | undefined {
  if (present.status !== 'queued' || present.machine !== asked.machine) return undefined;
  const { warnings: _, ...rest } = present;
  const warnings = begun.warnings.length === 0 ? {} : { warnings: begun.warnings };
  return { ...rest, ...warnings, status: 'running', startedAt: present.startedAt ?? begun.now };
}

/** What a `verified` gate may deny later is said at the start. Without such a gate nothing is read. */
async function rebuiltWarnings(ports: BeginPorts, { execution, definition }: Run): Promise<readonly FaultRecord[]> {
  if (!definition.stages.some(({ gates }) => gates.some(({ kind }) => kind === 'verified'))) return [];
  const warnings = new Map<string, FaultRecord>();
  for (const { artifact } of execution.bound) {
    const [repository, digest] = [artifactRepository(artifact), artifactDigest(artifact)];
    if (repository === undefined || digest === undefined) continue;
    const revision = (await ports.artifacts.find(artifact.uuid))?.revision;
    const message = (await rebuiltWarning(ports, { definition, repository, digest, revision })).trim();
    if (message !== '') warnings.set(artifact.uuid, { code: 'rebuilt', message: `${artifact.reference}: ${message}` });
  }
  return [...warnings.values()];
}

/** Only nodes of earlier attempts are cleared, so a second Begin of the same attempt finds nothing to clear. */
async function clearForRetry(ports: BeginPorts, run: Run): Promise<void> {
  const nodes = await ports.executions.allNodes(run.execution.id);
  const earlier = nodes.filter((node) => node.attempt < run.execution.attempt);
  const kept = keptOnRetry(run.plan, byName(withJobStatuses(run.plan, run.execution, nodes)));
  const cleared = earlier.filter((node) => !kept.has(node.name));
  // Later proofs tell of earlier attempts, too.
  await keepEvidence(ports, run, cleared);
  for (const node of cleared) await removeNode(ports, node);
}

/** A call of the earlier attempt may still end its step: then there is more to be kept, and this task is tried again. */
async function removeNode(ports: BeginPorts, node: LedgerNode): Promise<void> {
  if (await ports.executions.removeNode(node)) return;
  throw new Failure('conflict', `Node ${node.name} of ${node.execution} was changed meanwhile.`);
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
