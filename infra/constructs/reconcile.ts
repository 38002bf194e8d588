import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Parts } from './parts.ts';
import { grantList, grantPull } from './registries.ts';
import { FunctionSchedule } from './schedule.ts';
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
  const description = 'Compares registries with what was recorded';
  new FunctionSchedule(made, 'Due', { description, rate: 'rate(5 minutes)', enabled });
  return made;
}
