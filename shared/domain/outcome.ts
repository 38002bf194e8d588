import { type ExecutionStatus, endedNodeStatuses, type NodeStatus, type Stop } from './execution.ts';

/**
 * How an execution ends. A stop counts only if it stopped something: what had run to its end before keeps its own outcome. A
 * deadline is a failure. A stage that never ended although nobody stopped it was lost with its engine: a failure.
 */
export function executionOutcome(stop: Stop | undefined, stages: readonly NodeStatus[]): ExecutionStatus {
  const open = stages.some((status) => !endedNodeStatuses.includes(status));
  const stopped = open || stages.includes('cancelled');
  if (stop !== undefined && stopped) return stop.kind === 'deadlineExceeded' ? 'failed' : stop.kind;
  if (open || stages.includes('failed')) return 'failed';
  return stages.includes('cancelled') ? 'cancelled' : 'succeeded';
}
