import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { parseEcrHost } from '../../domain/ecr-host.ts';
import { Failure } from '../../domain/failure.ts';
import { splitRepository } from '../../domain/reference.ts';
import { isFault, mayPass } from '../../domain/service-fault.ts';
import type { ImageStates } from '../../ports/image-states.ts';

type Client = Pick<ECRClient, 'send'>;

/** DescribeImages with the rights of the function; `unknown` for every other host, and for repositories that it may not describe. */
export function ecrImageStates({
  clientOf = ownClient,
}: {
  readonly clientOf?: (region: string) => Client;
} = {}): ImageStates {
  const clients = new Map<string, Client>();
  return {
    async read(repository, digest) {
      const { host, path } = splitRepository(repository);
      const place = parseEcrHost(host);
      if (place === undefined) return 'unknown';
      const client = clients.get(place.region) ?? clientOf(place.region);
      clients.set(place.region, client);
      try {
        const { imageDetails = [] } = await client.send(
          new DescribeImagesCommand({
            registryId: place.account,
            repositoryName: path,
            imageIds: [{ imageDigest: digest }],
            // Without it ECR speaks of active images alone, and an archived one would be as one that is not there.
            filter: { imageStatus: 'ANY' },
          }),
        );
        return stateOf(imageDetails[0]?.imageStatus);
      } catch (error) {
        return withoutAnswer(error, `${repository}@${digest}`);
      }
    },
  };
}

/** Regions without archives do not name a status. */
function stateOf(status: string | undefined) {
  if (status === 'ARCHIVED') return 'archived';
  return status === 'ACTIVATING' ? 'activating' : 'active';
}

/** Who may pull an image need not be allowed to describe it: then the pull itself says whether it is there. */
function withoutAnswer(error: unknown, image: string): 'unknown' {
  const name = error instanceof Error ? error.name : 'unknown';
  if (isFault(error, 'ImageNotFoundException', 'RepositoryNotFoundException')) {
    throw new Failure('manifestUnknown', `${image}: ECR has no such image (${name})`, { cause: error });
  }
  if (mayPass(error)) {
    throw new Failure('registryUnavailable', `${image}: ECR does not answer now (${name})`, { cause: error });
  }
  return 'unknown';
}

function ownClient(region: string): ECRClient {
  return new ECRClient({
    region,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
}
