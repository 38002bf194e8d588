import { Duration, Validations } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { grantStart, grantWake } from './machine.ts';
import type { Parts } from './parts.ts';
import { grantPull, grantReadScans } from './registries.ts';
import { grantReadSecrets } from './secrets.ts';
import { WaybillFunction } from './waybill-function.ts';

/** The queue hides a message for six times as long. */
export const processingTimeout = Duration.seconds(60);

/** Records the events of deliveries, matches them and starts executions. */
export function processDelivery(scope: Construct, parts: Parts): WaybillFunction {
  const made = new WaybillFunction(scope, 'process-delivery', {
    ...parts.function,
    description: 'Waybill: records events and starts executions',
    memoryMb: 1024,
    timeout: processingTimeout,
  });
  made.lambda.addEventSource(
    new SqsEventSource(parts.queue.queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 20 }),
  );
  Validations.of(made).acknowledge({
    id: 'Serverless-LambdaEventSourceMappingDestination',
    reason: 'A queue has no such destination: what fails ten times goes to the dead letters of the queue.',
  });
  // The event source grants sqs:ReceiveMessage and what belongs to it.
  parts.table.grantReadWrite(made);
  parts.blobs.grantReadWrite(made);
  grantReadSecrets(parts.name, made);
  grantPull(made);
  grantReadScans(made);
  grantStart(parts.machine, made);
  grantWake(parts.machine, made);
  return made;
}
