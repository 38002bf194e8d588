import { envNames } from '../../shared/contracts/env.ts';
import { pendingAgeMetric } from '../../shared/contracts/service-metrics.ts';
import { anyInput } from '../../shared/contracts/task-io.ts';
import { sweepDeliveries } from '../../shared/flows/sweep-deliveries.ts';
import { sweepExecutions } from '../../shared/flows/sweep-executions.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { metricLine } from '../../shared/runtime/metric-line.ts';
import { type TaskHandler, taskStack } from '../../shared/runtime/task-stack.ts';

export interface SweepMetrics {
  readonly namespace: string;
  /** Takes one line, newline included. */
  readonly write: (line: string) => void;
}

/** Once a minute: what got lost is offered, woken, finished or freed again. */
export function createHandler(ports: Ports, metrics?: SweepMetrics): TaskHandler<void> {
  return taskStack(ports, anyInput, async () => {
    const now = ports.clock.now();
    const { offered, oldestPendingMs = 0 } = await sweepDeliveries(ports, now);
    const age = { name: pendingAgeMetric, unit: 'Milliseconds', value: oldestPendingMs, at: now } as const;
    metrics?.write(metricLine({ namespace: metrics.namespace, ...age }));
    const swept = await sweepExecutions(ports, { checkEngine: true });
    if (offered + Object.values(swept).reduce((sum, count) => sum + count, 0) > 0) {
      ports.log.info('sweep', { offered, ...swept });
    }
  });
}

export const handler = lambdaHandler(async (env) => {
  const { awsPorts } = await import('../aws-ports.ts');
  const namespace = env[envNames.metrics];
  if (namespace === undefined) throw new Error(`${envNames.metrics} is not set.`);
  return createHandler(awsPorts(), { namespace, write: (line) => process.stdout.write(line) });
});
