import { createDeliveryStore } from '../shared/adapters/dynamodb/delivery-store.ts';
import { createReceiverStore } from '../shared/adapters/dynamodb/receiver-store.ts';
import { awsFoundation } from './aws-foundation.ts';
import { readAwsSettings } from './aws-settings.ts';

/** What receiving a delivery takes, without what running one takes: the intake has to be up before its sender gives up. */
export function awsIntakePorts(env: Readonly<Record<string, string | undefined>> = process.env) {
  const { basics, table } = awsFoundation(readAwsSettings(env));
  const receivers = createReceiverStore(table, basics.clock);
  return { ...basics, receivers, deliveries: createDeliveryStore(table, basics.clock) };
}
