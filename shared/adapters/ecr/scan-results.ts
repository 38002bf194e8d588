import { DescribeImageScanFindingsCommand, ECRClient } from '@aws-sdk/client-ecr';
import type { Digest } from '../../domain/digest.ts';
import { parseEcrHost } from '../../domain/ecr-host.ts';
import { Failure } from '../../domain/failure.ts';
import { splitRepository } from '../../domain/reference.ts';
import { isFault, mayPass } from '../../domain/service-fault.ts';
import type { ScanResult, ScanResults } from '../../ports/scan-results.ts';

type Client = Pick<ECRClient, 'send'>;

/** DescribeImageScanFindings with the rights of the function. `unknown` for every other host. */
export function ecrScanResults({
  clientOf = ownClient,
}: {
  readonly clientOf?: (region: string) => Client;
} = {}): ScanResults {
  const clients = new Map<string, Client>();
  return {
    async read(repository, digest) {
      const { host, path } = splitRepository(repository);
      const place = parseEcrHost(host);
      if (place === undefined) return { kind: 'unknown' };
      const client = clients.get(place.region) ?? clientOf(place.region);
      clients.set(place.region, client);
      return describe(client, { registryId: place.account, repositoryName: path, digest });
    },
  };
}

interface Asked {
  readonly registryId: string;
  readonly repositoryName: string;
  readonly digest: Digest;
}

async function describe(client: Client, { digest, ...place }: Asked): Promise<ScanResult> {
  const what = `the scan of ${place.repositoryName}@${digest}`;
  try {
    // The counts are whole on every page; the findings themselves are not wanted.
    const input = { ...place, imageId: { imageDigest: digest }, maxResults: 1 };
    const answer = await client.send(new DescribeImageScanFindingsCommand(input));
    return resultOf(answer.imageScanStatus?.status ?? '', {
      counts: answer.imageScanFindings?.findingSeverityCounts,
      what,
    });
  } catch (error) {
    if (isFault(error, 'ScanNotFoundException')) return { kind: 'unknown' };
    throw failureOf(error, what);
  }
}

/** Statuses of the ECR API reference, ImageScanStatus; ACTIVE is Inspector's, which goes on scanning. */
function resultOf(
  status: string,
  { counts, what }: { readonly counts: Readonly<Record<string, number>> | undefined; readonly what: string },
): ScanResult {
  switch (status) {
    case 'COMPLETE':
    case 'ACTIVE': {
      if (counts === undefined) return { kind: 'unknown' };
      const severities = Object.entries(counts).map(([name, count]) => [name.toLowerCase(), count] as const);
      return { kind: 'complete', severities: Object.fromEntries(severities) };
    }
    case 'FAILED':
    case 'UNSUPPORTED_IMAGE':
      return { kind: 'failed' };
    case 'IN_PROGRESS':
    case 'PENDING':
      throw new Failure('registryUnavailable', `${what} has not ended yet (${status})`);
    default:
      return { kind: 'unknown' };
  }
}

function failureOf(error: unknown, what: string): Failure {
  if (error instanceof Failure) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  if (isFault(error, 'ImageNotFoundException', 'RepositoryNotFoundException')) {
    return new Failure('manifestUnknown', `${what}: ECR has no such image (${name})`, { cause: error });
  }
  return mayPass(error)
    ? new Failure('registryUnavailable', `${what}: ECR does not answer now (${name})`, { cause: error })
    : new Failure('registryDenied', `${what}: ECR refused DescribeImageScanFindings (${name})`, { cause: error });
}

function ownClient(region: string): ECRClient {
  return new ECRClient({
    region,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
}
