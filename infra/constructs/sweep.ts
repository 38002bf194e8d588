import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Parts } from './parts.ts';
import { grantExecution } from './run-node.ts';
import { FunctionSchedule } from './schedule.ts';
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
  new FunctionSchedule(made, 'Minute', { description: 'Sweeps every minute', rate: 'rate(1 minute)' });
  return made;
}
