import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { serviceFailure } from '../../domain/service-fault.ts';
import type { EventQueue } from '../../ports/event-queue.ts';

/** Version of a message's body, `{v, deliveryId}` (ruling 18). */
const messageVersion = 1;

/** Failures: storeUnavailable, internal; the delivery is stored by then, and the sweep offers it again. */
export function createEventQueue(queueUrl: string, client: Pick<SQSClient, 'send'> = ownClient()): EventQueue {
  return {
    async send(deliveryId) {
      const body = JSON.stringify({ v: messageVersion, deliveryId });
      try {
        await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
      } catch (error) {
        throw serviceFailure('The queue', 'SendMessage', error);
      }
    },
  };
}

function ownClient(): SQSClient {
  return new SQSClient({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
}
