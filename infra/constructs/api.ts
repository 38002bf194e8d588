import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { grantStart, grantWake, grantWatch } from './machine.ts';
import type { Parts } from './parts.ts';
import { grantPull } from './registries.ts';
import { grantReadSecrets, grantWriteSecrets } from './secrets.ts';
import { WaybillFunction } from './waybill-function.ts';

/** People and programs: every route but the hooks. */
export function api(scope: Construct, parts: Parts): WaybillFunction {
  const made = new WaybillFunction(scope, 'api', {
    ...parts.function,
    description: 'Waybill: the HTTP API',
    memoryMb: 1024,
    // The gateway gives up after 30 s.
    timeout: Duration.seconds(29),
  });
  parts.table.grantReadWrite(made);
  parts.blobs.grantReadWrite(made);
  parts.webFiles.grantRead(made);
  parts.queue.grantSend(made);
  parts.keys.grantPublicKeys(made);
  // Seals the cursors of lists.
  parts.keys.grantMac(made);
  grantReadSecrets(parts.name, made);
  grantWriteSecrets(parts.name, made);
  grantPull(made);
  grantStart(parts.machine, made);
  grantWake(parts.machine, made);
  grantWatch(parts.machine, made);
  return made;
}
