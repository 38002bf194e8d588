import type { EcrAccounts } from '../shared/adapters/ecr/ecr-accounts.ts';
import { parseEcrHost } from '../shared/domain/ecr-host.ts';
import { registryAccounts } from '../shared/flows/registry-accounts.ts';
import type { Ports } from '../shared/ports/ports.ts';
import type { RegistryAccounts } from '../shared/ports/registry-client.ts';

/**
 * An account that somebody made for a host wins, also over whom it is withheld from; else a registry of ECR is entered with the
 * function's own rights, which are every pipeline's.
 */
export function awsAccounts(ports: Pick<Ports, 'accounts' | 'pipelines' | 'secrets' | 'clock'>): RegistryAccounts {
  const made = registryAccounts(ports);
  const ecr = lazyEcr(ports);
  return async (host, asker) => (await made(host, asker)) ?? (parseEcrHost(host) && ecr(host));
}

/** One SDK client less to load where nothing comes from ECR. */
function lazyEcr({ clock }: Pick<Ports, 'clock'>): EcrAccounts {
  let made: Promise<EcrAccounts> | undefined;
  return async (host) => {
    made ??= import('../shared/adapters/ecr/ecr-accounts.ts').then(({ ecrAccounts }) => ecrAccounts({ clock }));
    return (await made)(host);
  };
}
