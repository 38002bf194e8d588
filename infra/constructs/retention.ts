import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { Parts } from './parts.ts';
import { WaybillFunction } from './waybill-function.ts';

/** Every hour, for a round a day: removes executions and stored content whose time is over. */
export function retention(scope: Construct, parts: Parts): WaybillFunction {
  const made = new WaybillFunction(scope, 'retention', {
    ...parts.function,
    description: 'Waybill: removes what its retention is over for',
    memoryMb: 512,
    timeout: Duration.minutes(10),
  });
  parts.table.grantReadWrite(made);
  parts.blobs.grantReadWrite(made);
  parts.blobs.grantRemoveContent(made);
  new Rule(made, 'Hour', {
    description: 'Goes on with the daily round of retention',
    schedule: Schedule.rate(Duration.hours(1)),
    // The next one comes anyway.
    targets: [new LambdaFunction(made.lambda, { retryAttempts: 0, deadLetterQueue: deadLetters(made, 'HourDead') })],
  });
  return made;
}
