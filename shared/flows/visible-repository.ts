import type { RecordedArtifact } from '../domain/artifact.ts';
import type { Caller } from '../domain/caller.ts';
import { isAdmin } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import { subscriptionsOf } from './match-event.ts';
import { mayChangeReceivers } from './put-receiver.ts';
import { createReadAccess } from './read-access.ts';

/** Whether a caller may see what is known of a repository: readers of a pipeline that has it as a source; else operators. */
export async function visibleRepository(
  ports: Pick<Ports, 'pipelines'>,
  caller: Caller,
  repository: string,
): Promise<boolean> {
  if (isAdmin(caller)) return true;
  const subscriptions = await subscriptionsOf(ports, repository);
  if (subscriptions.length === 0) return mayChangeReceivers(caller);
  const mayRead = createReadAccess(ports, caller);
  const pipelines = [...new Set(subscriptions.map(({ pipeline }) => pipeline))];
  for (const pipeline of pipelines) if (await mayRead(pipeline)) return true;
  return false;
}

/** The same for an artifact; one of no repository is received by no source, so it is the operators'. */
export function createArtifactAccess(
  ports: Pick<Ports, 'pipelines'>,
  caller: Caller,
): (recorded: Pick<RecordedArtifact, 'repository'>) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  return async ({ repository }) => {
    if (repository === undefined) return mayChangeReceivers(caller);
    const visible = known.get(repository) ?? visibleRepository(ports, caller, repository);
    known.set(repository, visible);
    return visible;
  };
}
