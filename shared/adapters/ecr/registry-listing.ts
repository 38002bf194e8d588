import { DescribeImagesCommand, type DescribeImagesCommandInput, ECRClient } from '@aws-sdk/client-ecr';
import { parseDigest } from '../../domain/digest.ts';
import { parseEcrHost } from '../../domain/ecr-host.ts';
import { Failure } from '../../domain/failure.ts';
import { splitRepository } from '../../domain/reference.ts';
import { isFault, mayPass } from '../../domain/service-fault.ts';
import type { RegistryListing } from '../../ports/registry-listing.ts';

type Client = Pick<ECRClient, 'send'>;

/** The most that ECR gives in one answer. */
const pageSize = 1000;

/** DescribeImages with the rights of the function: tags with their digests, a thousand images a call. */
export function ecrListing({
  clientOf = ownClient,
}: {
  readonly clientOf?: (region: string) => Client;
} = {}): RegistryListing {
  const clients = new Map<string, Client>();
  return {
    hasOwnRights: (host) => parseEcrHost(host) !== undefined,
    async tags(repository, { cursor }) {
      const { host, path } = splitRepository(repository);
      const place = parseEcrHost(host);
      if (place === undefined) throw new Failure('manifestUnknown', `${host} is no registry of ECR`);
      const client = clients.get(place.region) ?? clientOf(place.region);
      clients.set(place.region, client);
      return describe(client, repository, {
        registryId: place.account,
        repositoryName: path,
        filter: { tagStatus: 'TAGGED' },
        maxResults: pageSize,
        nextToken: cursor,
      });
    },
    // Never needed: the listing says it.
    hint: async () => undefined,
  };
}

async function describe(client: Client, repository: string, input: DescribeImagesCommandInput) {
  try {
    const { imageDetails = [], nextToken } = await client.send(new DescribeImagesCommand(input));
    const items = imageDetails.flatMap(({ imageDigest, imageTags = [] }) => {
      const digest = parseDigest(imageDigest ?? '');
      return digest === undefined ? [] : imageTags.map((tag) => ({ tag, digest }));
    });
    return nextToken === undefined ? { items } : { items, next: nextToken };
  } catch (error) {
    throw failureOf(error, repository);
  }
}

function failureOf(error: unknown, repository: string): Failure {
  const name = error instanceof Error ? error.name : 'unknown';
  const what = `tags of ${repository}`;
  if (isFault(error, 'RepositoryNotFoundException')) {
    return new Failure('manifestUnknown', `${what}: ECR has no such repository`, { cause: error });
  }
  return mayPass(error)
    ? new Failure('registryUnavailable', `${what}: ECR does not answer now (${name})`, { cause: error })
    : new Failure('registryDenied', `${what}: ECR refused DescribeImages (${name})`, { cause: error });
}

function ownClient(region: string): ECRClient {
  return new ECRClient({
    region,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
}
