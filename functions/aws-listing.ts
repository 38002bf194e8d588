import type { RegistryListingPorts } from '../shared/adapters/oci/registry-listing.ts';
import { parseEcrHost } from '../shared/domain/ecr-host.ts';
import { splitRepository } from '../shared/domain/reference.ts';
import type { RegistryListing } from '../shared/ports/registry-listing.ts';
import { whenAsked } from './when-asked.ts';

/** ECR by its own API, which says digests with the tags; every other registry by OCI's. Only what reconciles ever loads them. */
export function awsListing(ports: RegistryListingPorts): RegistryListing {
  const oci = whenAsked(async () => {
    const { createRegistryListing } = await import('../shared/adapters/oci/registry-listing.ts');
    return createRegistryListing(ports);
  });
  const ecr = whenAsked(async () => {
    const { ecrListing } = await import('../shared/adapters/ecr/registry-listing.ts');
    return ecrListing();
  });
  const of = (repository: string) => (isEcr(splitRepository(repository).host) ? ecr() : oci());
  return {
    hasOwnRights: isEcr,
    tags: async (repository, page) => (await of(repository)).tags(repository, page),
    hint: async (repository, tag, asker) => (await of(repository)).hint(repository, tag, asker),
  };
}

function isEcr(host: string): boolean {
  return parseEcrHost(host) !== undefined;
}
