import { sweepDeliveries } from '../../shared/flows/sweep-deliveries.ts';
import { sweepExecutions } from '../../shared/flows/sweep-executions.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { scheduleStack } from '../../shared/runtime/schedule-stack.ts';
import type { TaskHandler } from '../../shared/runtime/task-stack.ts';

/** Once a minute: what got lost is offered, woken, finished or freed again. */
export function createHandler(ports: Ports): TaskHandler<void> {
  return scheduleStack(ports, async () => {
    const { offered, oldestPendingMs = 0 } = await sweepDeliveries(ports, ports.clock.now());
    ports.metrics.add('oldestPending', oldestPendingMs);
    ports.metrics.add('deliveriesOffered', offered);
    const swept = await sweepExecutions(ports, { checkEngine: true });
    if (offered + Object.values(swept).reduce((sum, count) => sum + count, 0) > 0) {
      ports.log.info('sweep', { offered, ...swept });
    }
  });
}

export const handler = lambdaHandler(async () => {
  const { awsPorts } = await import('../aws-ports.ts');
  return createHandler(awsPorts());
});
