import { KMSClient } from '@aws-sdk/client-kms';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createSigner } from '../shared/adapters/kms/signer.ts';
import { createRegistryClient } from '../shared/adapters/oci/registry-client.ts';
import { createOutbound } from '../shared/adapters/outbound/outbound.ts';
import { createOrchestrator } from '../shared/adapters/stepfunctions/orchestrator.ts';
import { registryAccounts } from '../shared/flows/registry-accounts.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { awsFoundation } from './aws-foundation.ts';
import { type AwsSettings, readAwsSettings } from './aws-settings.ts';

let made: Ports | undefined;

/** Every port on AWS, made once per process. No client calls anything before it is used. */
export function awsPorts(env: Readonly<Record<string, string | undefined>> = process.env): Ports {
  made ??= makePorts(readAwsSettings(env));
  return made;
}

function makePorts(settings: AwsSettings): Ports {
  const foundation = awsFoundation(settings);
  const outbound = createOutbound({ allow: settings.outboundAllow });
  const registry = createRegistryClient({ outbound, accounts: registryAccounts(foundation), clock: foundation.clock });
  return {
    ...foundation,
    outbound,
    registry,
    orchestrator: createOrchestrator(new SFNClient({}), settings.machineAlias),
    signer: createSigner(new KMSClient({}), {
      signing: settings.signingKey,
      earlier: settings.earlierSigningKeys,
      mac: settings.macKey,
    }),
    deployers: {},
  };
}
