import middy from '@middy/core';
import { type BatchAnswer, queueBatch } from '../contracts/queue-message.ts';
import { type CallPorts, callOptions } from './call-stack.ts';
import { namedFailures, readInput, type TaskHandler } from './task-stack.ts';

/** One message's work; a message whose work throws comes back. */
export type MessageHandler = (body: string) => Promise<void>;

/**
 * The middy stack of what a queue calls: messages one after the other, each with its own keys in the log, and only those that
 * failed come back. When the time is nearly over, what is not done comes back, and no other message is begun.
 */
export function queueStack(ports: CallPorts, handle: MessageHandler): TaskHandler<BatchAnswer> {
  // middy asks for the late answer right after the signal, so that it is this batch's, even if there were several at once.
  let unfinished: BatchAnswer = { batchItemFailures: [] };
  const stacked = middy<unknown, BatchAnswer>(callOptions(ports, () => unfinished))
    .use(namedFailures(ports))
    .handler(async (event, _context, { signal }) => {
      const { Records } = readInput(queueBatch, event);
      const open = new Set(Records.map(({ messageId }) => messageId));
      const answer = (): BatchAnswer => ({
        batchItemFailures: [...open].map((itemIdentifier) => ({ itemIdentifier })),
      });
      signal.addEventListener('abort', () => {
        unfinished = answer();
      });
      for (const record of Records) {
        if (signal.aborted) break;
        ports.calls?.about({ messageId: record.messageId, deliveryId: undefined, correlation_id: record.messageId });
        if (await isDone(ports, record, handle)) open.delete(record.messageId);
      }
      return answer();
    });
  return (event, context = {}) => stacked(event, context as never);
}

async function isDone(
  { log, metrics }: CallPorts,
  { messageId, body }: { readonly messageId: string; readonly body: string },
  handle: MessageHandler,
): Promise<boolean> {
  try {
    await handle(body);
    return true;
  } catch (error) {
    log.error('a queue message failed', { messageId, error });
    metrics.add('messagesFailed');
    return false;
  }
}
