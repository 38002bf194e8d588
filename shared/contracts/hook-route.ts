import { acceptedDelivery } from './deliveries.ts';
import type { RouteContract } from './route-contract.ts';

/** The door of senders: a function of its own serves it, so it is described here and not in the table of the API. */
export const hookRoute: RouteContract = {
  method: 'POST',
  path: '/v1/hooks/{id}',
  operation: 'receiveWebhook',
  summary: 'Takes a delivery; the sender proves itself as its receiver says',
  access: 'public',
  body: {
    kind: 'bytes',
    mediaTypes: [
      'application/json',
      'application/cloudevents+json',
      'application/cloudevents-batch+json',
      'application/x-www-form-urlencoded',
      'text/json',
      'application/vnd.docker.distribution.events.v1+json',
      'application/vnd.docker.distribution.events.v2+json',
    ],
    maxBytes: 1024 * 1024,
  },
  answers: {
    200: { description: 'Of a question before the first delivery: its answer' },
    202: { description: 'Durable; a duplicate answers the first deliveryId', schema: acceptedDelivery },
  },
};
