import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { Parts } from './parts.ts';
import { grantExecution } from './run-node.ts';
import { WaybillFunction } from './waybill-function.ts';

/** Ends in the ledger what the engine has ended without a Catch; a machine that succeeded has done it itself. */
export function finishExecution(scope: Construct, parts: Parts): WaybillFunction {
  const deadLetterQueue = deadLetters(scope, 'EndedDead');
  const made = new WaybillFunction(scope, 'finish-execution', {
    ...{ ...parts.function, deadLetters: deadLetterQueue },
    description: 'Waybill: ends executions whose state machine failed or was stopped',
    memoryMb: 512,
    timeout: Duration.seconds(60),
  });
  grantExecution(parts, made);
  new Rule(made, 'Ended', {
    description: 'Executions of the state machine that failed, timed out or were stopped',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [parts.machine.machine] },
    },
    targets: [new LambdaFunction(made.lambda, { deadLetterQueue })],
  });
  return made;
}
