import { sweepRetention } from '../../shared/flows/retention/sweep-retention.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { scheduleStack } from '../../shared/runtime/schedule-stack.ts';
import type { TaskHandler } from '../../shared/runtime/task-stack.ts';

/** Called often, does its round once a day: goes on for so long and stops where the next call takes up. */
export function createHandler(ports: Ports, { forMs }: { readonly forMs: number }): TaskHandler<void> {
  return scheduleStack(ports, async () => {
    await sweepRetention(ports, { until: ports.clock.now() + forMs });
  });
}

/** Below the function's own timeout by more than a page takes. */
const forMs = 9 * 60_000;

export const handler = lambdaHandler(async () => {
  const { awsPorts } = await import('../aws-ports.ts');
  return createHandler(awsPorts(), { forMs });
});
