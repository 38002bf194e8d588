import { machineEndEvent } from '../../shared/contracts/queue-message.ts';
import { finishExecution } from '../../shared/flows/finish-execution.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { type TaskHandler, taskStack } from '../../shared/runtime/task-stack.ts';

/** The engine's report of a machine's end in; the execution ended with it, unless it had ended already. */
export function createHandler(ports: Ports): TaskHandler<void> {
  return taskStack(ports, machineEndEvent, async ({ detail }) => {
    ports.calls?.about({ correlation_id: detail.name, machine: detail.name });
    const reasons = [detail.status, detail.error, detail.cause?.slice(0, 1000)];
    const error = reasons.filter((reason) => reason !== undefined && reason !== null).join(': ');
    const done = await finishExecution(ports, { machine: detail.name, error });
    if (done === 'finished') ports.log.warn('a machine ended before its execution', { machine: detail.name, error });
  });
}

export const handler = lambdaHandler(async () => {
  const { awsPorts } = await import('../aws-ports.ts');
  return createHandler(awsPorts());
});
