import * as z from 'zod/mini';

/** What our own queue carries: ids only. */
export const deliveryMessage = z.object({
  v: z.literal(1),
  deliveryId: z.string().check(z.minLength(1), z.maxLength(200)),
});

/** An EventBridge event, as a rule puts it into the same queue (ruling 18). */
export const eventBridgeEvent = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(200)),
  source: z.string(),
  'detail-type': z.string(),
  account: z.string(),
  region: z.string(),
  time: z.iso.datetime({ offset: true }),
  detail: z.record(z.string(), z.json()),
});

export const queueMessage = z.union([deliveryMessage, eventBridgeEvent]);

/** What Lambda hands over of a queue (docs.aws.amazon.com/lambda/latest/dg/with-sqs.html). */
export const queueBatch = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

/** The failed messages only come back; none is success. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** "Step Functions Execution Status Change" (docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html). */
export const machineEndEvent = z.object({
  detail: z.object({
    name: z.string().check(z.minLength(1), z.maxLength(80)),
    status: z.string(),
    error: z.nullish(z.string()),
    cause: z.nullish(z.string()),
  }),
});
