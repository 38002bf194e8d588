import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { Parts } from './parts.ts';
import { grantList, grantPull } from './registries.ts';
import { grantReadSecrets } from './secrets.ts';
import { WaybillFunction } from './waybill-function.ts';

/** Every five minutes, for what is due: compares registries with what was recorded, and delivers what no event told of. */
export function reconcile(scope: Construct, parts: Parts, enabled: boolean): WaybillFunction {
  const made = new WaybillFunction(scope, 'reconcile', {
    ...parts.function,
    description: 'Waybill: finds pushes that no event told of',
    memoryMb: 512,
    timeout: Duration.minutes(5),
  });
  parts.table.grantReadWrite(made);
  parts.blobs.grantReadWrite(made);
  parts.queue.grantSend(made);
  grantReadSecrets(parts.name, made);
  grantPull(made);
  grantList(made);
  new Rule(made, 'Schedule', {
    description: 'Compares registries with what was recorded',
    enabled,
    schedule: Schedule.rate(Duration.minutes(5)),
    // The next one comes anyway.
    targets: [
      new LambdaFunction(made.lambda, { retryAttempts: 0, deadLetterQueue: deadLetters(made, 'ScheduleDead') }),
    ],
  });
  return made;
}
