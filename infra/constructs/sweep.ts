import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { Parts } from './parts.ts';
import { grantExecution } from './run-node.ts';
import { WaybillFunction } from './waybill-function.ts';

/** Every minute: offers again what got lost, wakes what may go on, frees what ended executions held. */
export function sweep(scope: Construct, parts: Parts): WaybillFunction {
  const made = new WaybillFunction(scope, 'sweep', {
    ...parts.function,
    description: 'Waybill: makes good what got lost',
    memoryMb: 512,
    timeout: Duration.seconds(55),
  });
  grantExecution(parts, made);
  new Rule(made, 'Minute', {
    description: 'Sweeps every minute',
    schedule: Schedule.rate(Duration.minutes(1)),
    // The next one comes anyway.
    targets: [new LambdaFunction(made.lambda, { retryAttempts: 0, deadLetterQueue: deadLetters(made, 'MinuteDead') })],
  });
  return made;
}
