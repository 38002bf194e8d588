import { reconcile } from '../../shared/flows/reconcile/reconcile.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { scheduleStack } from '../../shared/runtime/schedule-stack.ts';
import type { TaskHandler } from '../../shared/runtime/task-stack.ts';

export interface ReconcileSettings {
  /** How often each repository is compared, ms. */
  readonly everyMs: number;
}

/** How long one run begins new repositories. */
const forMs = 45_000;

/** Compares the repositories that are due with their registries. */
export function createHandler(ports: Ports, { everyMs }: ReconcileSettings): TaskHandler<void> {
  return scheduleStack(ports, async () => {
    const { checked, gaps } = await reconcile(ports, { everyMs, forMs });
    ports.metrics.add('gapsFound', gaps);
    if (checked > 0) ports.log.info('reconciled', { checked, gaps });
  });
}

export const handler = lambdaHandler(async () => {
  const { awsPorts } = await import('../aws-ports.ts');
  const { readReconcileSettings } = await import('../aws-settings.ts');
  return createHandler(awsPorts(), readReconcileSettings(process.env));
});
