import { createDeliveryStore } from '../shared/adapters/dynamodb/delivery-store.ts';
import { createReceiverStore } from '../shared/adapters/dynamodb/receiver-store.ts';
import { createPowertools } from '../shared/runtime/powertools.ts';
import { awsFoundation } from './aws-foundation.ts';
import { readAwsSettings } from './aws-settings.ts';

/** What receiving a delivery takes, without what running one takes: the intake has to be up before its sender gives up. */
export function awsIntakePorts(env: Readonly<Record<string, string | undefined>> = process.env) {
  const settings = readAwsSettings(env);
  const { basics, table } = awsFoundation(settings);
  const observed = createPowertools({ service: settings.service, level: settings.logLevel });
  const receivers = createReceiverStore(table, basics.clock);
  return { ...basics, ...observed, receivers, deliveries: createDeliveryStore(table, basics.clock) };
}
