import { harborScanResults } from '../shared/adapters/harbor/scan-results.ts';
import { parseEcrHost } from '../shared/domain/ecr-host.ts';
import { splitRepository } from '../shared/domain/reference.ts';
import type { Outbound } from '../shared/ports/outbound.ts';
import type { RegistryAccounts } from '../shared/ports/registry-client.ts';
import type { ScanResults } from '../shared/ports/scan-results.ts';

/** ECR with the function's own rights, every other registry by the API that Harbor has. */
export function awsScanResults(ports: {
  readonly outbound: Outbound;
  readonly accounts: RegistryAccounts;
}): ScanResults {
  const harbor = harborScanResults(ports);
  const ecr = lazyEcr();
  return {
    read: (repository, digest, asker) => {
      const { host } = splitRepository(repository);
      return (parseEcrHost(host) === undefined ? harbor : ecr).read(repository, digest, asker);
    },
  };
}

/** One SDK client less to load where no scan has to be read back. */
function lazyEcr(): ScanResults {
  let made: Promise<ScanResults> | undefined;
  return {
    async read(...asked) {
      made ??= import('../shared/adapters/ecr/scan-results.ts').then(({ ecrScanResults }) => ecrScanResults());
      return (await made).read(...asked);
    },
  };
}
