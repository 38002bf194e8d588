import { endedNodeStatuses, type NodeStatus } from './execution.ts';
import type { When } from './pipeline.ts';

export type Readiness = 'wait' | 'run' | 'skip';

/** Whether a stage or job may start, from the statuses of what it needs. */
export function readiness(when: When, needs: readonly NodeStatus[]): Readiness {
  if (when === 'success' && needs.some((status) => isEnded(status) && status !== 'succeeded')) return 'skip';
  if (!needs.every(isEnded)) return 'wait';
  if (when === 'failure') return needs.includes('failed') ? 'run' : 'skip';
  return 'run';
}

function isEnded(status: NodeStatus): boolean {
  return endedNodeStatuses.includes(status);
}
