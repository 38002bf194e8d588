import type { RecordedArtifact } from '../domain/artifact.ts';
import type { Ports } from '../ports/ports.ts';
import { type Asker, registryFor } from '../ports/registry-client.ts';
import { mayAskerUse } from './registry-accounts.ts';

/** Ports that were made for somebody; others ask with what every pipeline may use. */
export interface Asking {
  readonly asker?: Asker;
}

/** The same ports, asking registries for these pipelines: with accounts that one of them may use, and no others. */
export function askingFor<P extends Pick<Ports, 'registry'>>(ports: P, pipelines: readonly string[]): P & Asking {
  return { ...ports, registry: registryFor(ports.registry, pipelines), asker: { pipelines } };
}

/**
 * Whether the asker may know what is recorded of an artifact. What was got with another team's account alone is no secret to be
 * had from our memory: whoever may not use the account has to get it by himself.
 */
export async function mayKnow(
  ports: Pick<Ports, 'accounts' | 'pipelines'>,
  { accounts }: Pick<RecordedArtifact, 'accounts'>,
  asker: Asker | undefined,
): Promise<boolean> {
  if (accounts === undefined) return true;
  for (const name of accounts) {
    const account = await ports.accounts.find(name);
    if (account !== undefined && (await mayAskerUse(ports, account, asker))) return true;
  }
  return false;
}
