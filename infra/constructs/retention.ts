import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Parts } from './parts.ts';
import { FunctionSchedule } from './schedule.ts';
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
  new FunctionSchedule(made, 'Hour', {
    description: 'Goes on with the daily round of retention',
    rate: 'rate(1 hour)',
  });
  return made;
}
