import { serviceFailure } from '../../domain/service-fault.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import type { EventQueue } from '../../ports/event-queue.ts';

/** Version of a message's body, `{v, deliveryId}` (ruling 18). */
const messageVersion = 1;

/** Failures: storeUnavailable, internal; the delivery is stored by then, and the sweep offers it again. */
export function createEventQueue(queueUrl: string, sqs: AwsApi): EventQueue {
  return {
    async send(deliveryId) {
      const body = JSON.stringify({ v: messageVersion, deliveryId });
      try {
        await sqs.call('SendMessage', { QueueUrl: queueUrl, MessageBody: body });
      } catch (error) {
        throw serviceFailure('The queue', 'SendMessage', error);
      }
    },
  };
}
