import { type BatchAnswer, queueBatch } from '../../shared/contracts/queue-message.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { type TaskHandler, taskStack } from '../../shared/runtime/task-stack.ts';
import { processMessage } from './message.ts';

/** Queue messages in, each processed by itself; only those that failed come back. */
export function createHandler(ports: Ports): TaskHandler<BatchAnswer> {
  return taskStack(ports, queueBatch, async ({ Records }) => {
    const failed: { readonly itemIdentifier: string }[] = [];
    for (const { messageId, body } of Records) {
      if (!(await processMessage(ports, { messageId, body }))) failed.push({ itemIdentifier: messageId });
    }
    return { batchItemFailures: failed };
  });
}

export const handler = lambdaHandler(async () => {
  const { awsPorts } = await import('../aws-ports.ts');
  return createHandler(awsPorts());
});
