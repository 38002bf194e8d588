import { createStores } from '../shared/adapters/dynamodb/stores.ts';
import { createSigner } from '../shared/adapters/kms/signer.ts';
import { createRegistryClient } from '../shared/adapters/oci/registry-client.ts';
import { createReportFetcher } from '../shared/adapters/reports/report-fetcher.ts';
import { createOrchestrator } from '../shared/adapters/stepfunctions/orchestrator.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { createPowertools } from '../shared/runtime/powertools.ts';
import { awsAccounts } from './aws-accounts.ts';
import { awsDeployers } from './aws-deployers.ts';
import { awsFetchers } from './aws-fetchers.ts';
import { awsFoundation } from './aws-foundation.ts';
import { awsImageStates } from './aws-image-states.ts';
import { awsListing } from './aws-listing.ts';
import { awsScanResults } from './aws-scan-results.ts';
import { type AwsSettings, readAwsSettings } from './aws-settings.ts';

let made: Ports | undefined;

/** Every port on AWS, made once per process. No client calls anything before it is used. */
export function awsPorts(env: Readonly<Record<string, string | undefined>> = process.env): Ports {
  made ??= makePorts(readAwsSettings(env));
  return made;
}

function makePorts(settings: AwsSettings): Ports {
  const { basics, table } = awsFoundation(settings);
  const observed = createPowertools({ service: settings.service, level: settings.logLevel });
  const foundation = { ...basics, ...observed, ...createStores(table, basics.clock) };
  const { clock, outbound } = foundation;
  const accounts = awsAccounts(foundation);
  const registry = createRegistryClient({ outbound, accounts, clock });
  const scanResults = awsScanResults({ outbound, accounts });
  const listing = awsListing({ outbound, accounts, clock });
  const signer = createSigner({
    signing: settings.signingKey,
    earlier: settings.earlierSigningKeys,
    mac: settings.macKey,
  });
  const orchestrator = createOrchestrator(settings.machineAlias);
  const base = {
    ...foundation,
    registry,
    scanResults,
    listing,
    imageStates: awsImageStates(),
    reports: createReportFetcher(outbound),
    signer,
    orchestrator,
  };
  return { ...base, fetchers: awsFetchers(base), deployers: awsDeployers(base) };
}
