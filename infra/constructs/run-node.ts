import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { runTimeoutSeconds } from '../../shared/machine/state-machine.ts';
import { grantStart, grantWake, grantWatch } from './machine.ts';
import type { Parts } from './parts.ts';
import { grantList, grantPull, grantPush } from './registries.ts';
import { grantReadSecrets } from './secrets.ts';
import { WaybillFunction } from './waybill-function.ts';

/** What the state machine calls: the next effect of a node. */
export function runNode(scope: Construct, parts: Parts, deployRoles: readonly string[]): WaybillFunction {
  const made = new WaybillFunction(scope, 'run-node', {
    ...parts.function,
    description: 'Waybill: runs stages, gates and steps',
    memoryMb: 1024,
    timeout: Duration.seconds(runTimeoutSeconds),
  });
  grantExecution(parts, made);
  grantPull(made);
  grantPush(made);
  grantList(made);
  if (deployRoles.length > 0) made.allow(['sts:AssumeRole'], deployRoles);
  return made;
}

/** Everything that running and ending an execution needs. */
export function grantExecution(parts: Parts, to: WaybillFunction): void {
  parts.table.grantReadWrite(to);
  parts.blobs.grantReadWrite(to);
  parts.queue.grantSend(to);
  parts.keys.grantSign(to);
  parts.keys.grantMac(to);
  grantReadSecrets(parts.name, to);
  grantStart(parts.machine, to);
  grantWake(parts.machine, to);
  grantWatch(parts.machine, to);
}
