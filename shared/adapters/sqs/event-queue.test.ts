import { expect, it } from 'vitest';
import { type AwsAnswer, fakeAws } from '../../../test/fake-aws.ts';
import { createEventQueue } from './event-queue.ts';

const url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/waybill-events';

it('sends the id of a delivery and nothing else', async () => {
  const aws = fakeAws(() => ({ json: { MessageId: '1' } }));
  await createEventQueue(url, aws.api('sqs')).send('d-1');
  expect(aws.calls[0]?.operation).toBe('SendMessage');
  expect(JSON.parse(aws.calls[0]?.body ?? '')).toEqual({ QueueUrl: url, MessageBody: '{"v":1,"deliveryId":"d-1"}' });
});

it.each<[AwsAnswer, string]>([
  [{ error: 'RequestThrottled' }, 'storeUnavailable'],
  [{ error: 'QueueDoesNotExist' }, 'internal'],
])('takes %j for %s', async (answer, code) => {
  const aws = fakeAws(() => answer);
  const sent = createEventQueue(url, aws.api('sqs')).send('d-1');
  await expect(sent).rejects.toMatchObject({ name: code });
});
