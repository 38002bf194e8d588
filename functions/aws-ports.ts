import { createAwsApi } from '../shared/adapters/aws-api/aws-api.ts';
import { createStores } from '../shared/adapters/dynamodb/stores.ts';
import { createOrchestrator } from '../shared/adapters/stepfunctions/orchestrator.ts';
import type { Outbound } from '../shared/ports/outbound.ts';
import type { Ports } from '../shared/ports/ports.ts';
import type { Signer } from '../shared/ports/signer.ts';
import { createPowertools } from '../shared/runtime/powertools.ts';
import { awsAccounts } from './aws-accounts.ts';
import { awsDeployers } from './aws-deployers.ts';
import { awsFetchers } from './aws-fetchers.ts';
import { awsFoundation, lazyBlobs } from './aws-foundation.ts';
import { awsImageStates } from './aws-image-states.ts';
import { awsListing } from './aws-listing.ts';
import { awsRegistry } from './aws-registry.ts';
import { awsScanResults } from './aws-scan-results.ts';
import { type AwsSettings, readAwsSettings } from './aws-settings.ts';
import { whenAsked } from './when-asked.ts';

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
  const registry = awsRegistry({ outbound, accounts, clock });
  const scanResults = awsScanResults({ outbound, accounts });
  const listing = awsListing({ outbound, accounts, clock });
  const orchestrator = createOrchestrator(settings.machineAlias, createAwsApi('states'));
  const base = {
    ...foundation,
    registry,
    scanResults,
    listing,
    imageStates: awsImageStates(),
    reports: lazyReports(outbound),
    signer: lazySigner(settings),
    webFiles: lazyBlobs(settings.webBucket),
    orchestrator,
  };
  return { ...base, fetchers: awsFetchers(base), deployers: awsDeployers(base) };
}

/** The SDK client of KMS is loaded for proofs and callbacks alone. */
function lazySigner({ signingKey: signing, earlierSigningKeys: earlier, macKey: mac }: AwsSettings): Signer {
  const signer = whenAsked(async () => {
    const { createSigner } = await import('../shared/adapters/kms/signer.ts');
    return createSigner({ signing, earlier, mac });
  });
  return {
    sign: async (data) => (await signer()).sign(data),
    keys: async () => (await signer()).keys(),
    mac: async (data) => (await signer()).mac(data),
  };
}

function lazyReports(outbound: Outbound): Ports['reports'] {
  const reports = whenAsked(async () => {
    const { createReportFetcher } = await import('../shared/adapters/reports/report-fetcher.ts');
    return createReportFetcher(outbound);
  });
  return { fetch: async (place, options) => (await reports()).fetch(place, options) };
}
