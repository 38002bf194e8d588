import { z } from 'zod';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { parseDigest } from '../domain/digest.ts';

/** What every EventBridge event says of itself (docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html). */
export interface AwsEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly account: string;
  readonly region: string;
  /** RFC 3339. */
  readonly time: string;
  readonly detail: unknown;
}

export interface AwsReading {
  /** Under whose name the events are recorded (ruling 7); absent = of no interest. */
  readonly receiver?: 'ecr';
  readonly events: readonly DeliveredEvent[];
}

/** docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html, "Event for a completed image push" and "… deletion" */
const imageAction = z.object({
  'action-type': z.enum(['PUSH', 'DELETE']),
  result: z.literal('SUCCESS'),
  'repository-name': z.string().min(1).max(256),
  'image-digest': z.string(),
  'image-tag': z.string().min(1).max(300).optional(),
  'manifest-media-type': z.string().max(200).optional(),
});

/**
 * An event of AWS's own services, delivered by a rule of the same account: who sent it is what the rule says, so there is no
 * further proof. Events of no interest have no receiver.
 */
export function readAwsEvent(event: AwsEvent): AwsReading {
  if (event.source !== 'aws.ecr' || event['detail-type'] !== 'ECR Image Action') return { events: [] };
  const read = imageAction.safeParse(event.detail);
  const digest = read.success ? parseDigest(read.data['image-digest']) : undefined;
  if (!read.success || digest === undefined) return { events: [] };
  const { data } = read;
  const common = {
    at: Date.parse(event.time),
    repository: `${event.account}.dkr.ecr.${event.region}.${domainOf(event.region)}/${data['repository-name']}`,
    tag: data['image-tag'],
    digest,
  };
  const told: DeliveredEvent =
    data['action-type'] === 'PUSH'
      ? { kind: 'push', ...common, mediaType: data['manifest-media-type'] }
      : { kind: 'delete', ...common };
  return { receiver: 'ecr', events: [told] };
}

/** Regions in China have a domain of their own. */
function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
