import { anyInput } from '../../shared/contracts/task-io.ts';
import { sweepDeliveries } from '../../shared/flows/sweep-deliveries.ts';
import { sweepExecutions } from '../../shared/flows/sweep-executions.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { type TaskHandler, taskStack } from '../../shared/runtime/task-stack.ts';

/** Once a minute: what got lost is offered, woken, finished or freed again. */
export function createHandler(ports: Ports): TaskHandler<void> {
  return taskStack(ports, anyInput, async () => {
    const { offered } = await sweepDeliveries(ports, ports.clock.now());
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
