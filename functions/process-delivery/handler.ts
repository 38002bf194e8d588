import type { BatchAnswer } from '../../shared/contracts/queue-message.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { queueStack } from '../../shared/runtime/queue-stack.ts';
import type { TaskHandler } from '../../shared/runtime/task-stack.ts';
import { processMessage } from './message.ts';

/** Queue messages in, each processed by itself; only those that failed come back. */
export function createHandler(ports: Ports): TaskHandler<BatchAnswer> {
  return queueStack(ports, (body) => processMessage(ports, body));
}

export const handler = lambdaHandler(async () => {
  const { awsPorts } = await import('../aws-ports.ts');
  return createHandler(awsPorts());
});
