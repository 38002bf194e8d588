import { haveCommon, ownersSpokenFor } from '../domain/permission.ts';
import { embeddedHost } from '../domain/receiver-bounds.ts';
import { splitRepository } from '../domain/reference.ts';
import type { Ports } from '../ports/ports.ts';
import { subscriptionsOf } from './find-subscriptions.ts';

/**
 * Whether a pipeline's own push may go to a repository. Other registries say it to the account; in the embedded one, what
 * pipelines listen to takes pushes only of those that have an owner in common with one of them (ruling 10 for steps).
 */
export async function mayPipelinePush(
  ports: Pick<Ports, 'pipelines'>,
  pipeline: string,
  repository: string,
): Promise<boolean> {
  if (splitRepository(repository).host !== embeddedHost) return true;
  const listening = new Set((await subscriptionsOf(ports, repository)).map((one) => one.pipeline));
  if (listening.size === 0 || listening.has(pipeline)) return true;
  const own = await ports.pipelines.head(pipeline);
  for (const name of listening) {
    const head = await ports.pipelines.head(name);
    if (head === undefined || own === undefined || head.deleted) continue;
    if (haveCommon(ownersSpokenFor(own), ownersSpokenFor(head))) return true;
  }
  return false;
}
