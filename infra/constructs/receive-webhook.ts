import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Parts } from './parts.ts';
import { grantReadSecrets } from './secrets.ts';
import { WaybillFunction } from './waybill-function.ts';

/** The door that the whole internet may knock at: it proves, stores and hands on, and has rights for no more. */
export function receiveWebhook(scope: Construct, parts: Parts): WaybillFunction {
  const made = new WaybillFunction(scope, 'receive-webhook', {
    ...parts.function,
    description: 'Waybill: takes deliveries from registries and build systems',
    memoryMb: 1024,
    // Most senders give up after 10 s, and send again.
    timeout: Duration.seconds(10),
  });
  parts.table.grantReadWrite(made);
  parts.blobs.grantReadWrite(made);
  parts.queue.grantSend(made);
  grantReadSecrets(parts.name, made);
  return made;
}
