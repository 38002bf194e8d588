import { parseEcrHost } from '../shared/domain/ecr-host.ts';
import { splitRepository } from '../shared/domain/reference.ts';
import type { Outbound } from '../shared/ports/outbound.ts';
import type { RegistryAccounts } from '../shared/ports/registry-client.ts';
import type { ScanResults } from '../shared/ports/scan-results.ts';
import { whenAsked } from './when-asked.ts';

/** ECR with the function's own rights, every other registry by the API that Harbor has; each loaded when a scan is read back. */
export function awsScanResults(ports: {
  readonly outbound: Outbound;
  readonly accounts: RegistryAccounts;
}): ScanResults {
  const harbor = whenAsked(async () => {
    const { harborScanResults } = await import('../shared/adapters/harbor/scan-results.ts');
    return harborScanResults(ports);
  });
  const ecr = whenAsked(async () => {
    const { ecrScanResults } = await import('../shared/adapters/ecr/scan-results.ts');
    return ecrScanResults();
  });
  return {
    async read(repository, digest, asker) {
      const { host } = splitRepository(repository);
      const results = await (parseEcrHost(host) === undefined ? harbor : ecr)();
      return results.read(repository, digest, asker);
    },
  };
}
