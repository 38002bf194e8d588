import { createDeliveryStore } from '../shared/adapters/dynamodb/delivery-store.ts';
import { createReceiverStore } from '../shared/adapters/dynamodb/receiver-store.ts';
import { createLog } from '../shared/runtime/log.ts';
import { awsFoundation } from './aws-foundation.ts';
import { readAwsSettings } from './aws-settings.ts';

/** What receiving a delivery takes, without what running one takes: the intake has to be up before its sender gives up. */
export function awsIntakePorts(env: Readonly<Record<string, string | undefined>> = process.env) {
  const settings = readAwsSettings(env);
  const { basics, table } = awsFoundation(settings);
  const write = (line: string) => process.stdout.write(line);
  const log = createLog({ level: settings.logLevel, write, now: basics.clock.now });
  const observed = { log, metrics: { add: () => {} }, calls: undefined };
  const receivers = createReceiverStore(table, basics.clock);
  return { ...basics, ...observed, receivers, deliveries: createDeliveryStore(table, basics.clock) };
}
