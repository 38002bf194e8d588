import { createRegistryListing, type RegistryListingPorts } from '../shared/adapters/oci/registry-listing.ts';
import { parseEcrHost } from '../shared/domain/ecr-host.ts';
import { splitRepository } from '../shared/domain/reference.ts';
import type { RegistryListing } from '../shared/ports/registry-listing.ts';

/** ECR by its own API, which says digests with the tags; every other registry by OCI's. */
export function awsListing(ports: RegistryListingPorts): RegistryListing {
  const oci = createRegistryListing(ports);
  const ecr = lazyEcr();
  const of = (repository: string) => (isEcr(splitRepository(repository).host) ? ecr : oci);
  return {
    hasOwnRights: isEcr,
    tags: (repository, page) => of(repository).tags(repository, page),
    hint: (repository, tag, asker) => of(repository).hint(repository, tag, asker),
  };
}

function isEcr(host: string): boolean {
  return parseEcrHost(host) !== undefined;
}

/** Only the function that reconciles ever loads it. */
function lazyEcr(): Omit<RegistryListing, 'hasOwnRights'> {
  let made: Promise<RegistryListing> | undefined;
  const ecr = (): Promise<RegistryListing> => {
    made ??= import('../shared/adapters/ecr/registry-listing.ts').then(({ ecrListing }) => ecrListing());
    return made;
  };
  return {
    tags: async (repository, page) => (await ecr()).tags(repository, page),
    hint: async (repository, tag, asker) => (await ecr()).hint(repository, tag, asker),
  };
}
