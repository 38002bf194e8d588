import type { Execution } from '../domain/execution.ts';
import { taskVersion } from '../domain/machine-io.ts';
import type { Ports } from '../ports/ports.ts';
import { rebindExecution } from './rebind-execution.ts';
import { changeExecution } from './run/load-run.ts';

export type RetryAnswer =
  | { readonly kind: 'retrying'; readonly execution: Execution }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'notRetryable'; readonly message: string };

type RetryPorts = Parameters<typeof rebindExecution>[0] & Pick<Ports, 'executions' | 'orchestrator' | 'clock'>;

/**
 * Runs what failed, and what depended on it, again: the same id, order and bound artifacts, the next attempt. An execution
 * that could not even start (nothing was bound) is bound anew under the same id and order (ruling 17).
 */
export async function retryExecution(
  ports: RetryPorts,
  input: { readonly id: string; readonly by: string },
): Promise<RetryAnswer> {
  const present = await ports.executions.find(input.id);
  if (present === undefined) return { kind: 'notFound' };
  if (!isRetryable(present)) return refusal(present);
  const rebound = failedToStart(present) ? await rebindExecution(ports, present) : present;
  if (failedToStart(rebound)) {
    return { kind: 'notRetryable', message: `${rebound.error?.code}: ${rebound.error?.message}` };
  }
  const next = await changeExecution(ports, input.id, (execution) =>
    isRetryable(execution) && execution.attempt === present.attempt
      ? nextAttempt(execution, rebound, { by: input.by, at: ports.clock.now() })
      : undefined,
  );
  if (next === undefined) return refusal((await ports.executions.find(input.id)) ?? present);
  await ports.orchestrator.start(next.machine, { v: taskVersion, execution: next.id, machine: next.machine });
  return { kind: 'retrying', execution: next };
}

/** Its sources could not be bound, so no machine ever ran. */
function failedToStart(execution: Execution): boolean {
  return execution.startedAt === undefined && execution.error !== undefined && execution.bound.length === 0;
}

function isRetryable(execution: Execution): boolean {
  return execution.status === 'failed' || execution.status === 'cancelled';
}

function refusal(execution: Execution): RetryAnswer {
  const message = `Only a failed or cancelled execution can be retried; ${execution.id} is ${execution.status}.`;
  return { kind: 'notRetryable', message };
}

function nextAttempt(
  execution: Execution,
  rebound: Execution,
  retry: { readonly by: string; readonly at: number },
): Execution {
  const { error: _error, endedAt: _endedAt, stop: _stop, ...rest } = execution;
  const attempt = execution.attempt + 1;
  return {
    ...rest,
    bound: rebound.bound,
    inputs: rebound.inputs,
    trigger: rebound.trigger,
    attempt,
    machine: `${execution.id}-r${attempt}`,
    status: 'queued',
    retriedBy: retry.by,
    retriers: [...new Set([...(execution.retriers ?? []), retry.by])],
    retriedAt: retry.at,
  };
}
