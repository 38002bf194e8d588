import { type Caller, isAdmin } from '../domain/caller.ts';
import { canRead, haveCommon } from '../domain/permission.ts';
import type { Ports } from '../ports/ports.ts';
import { subscriptionsOf } from './find-subscriptions.ts';

export interface RepositoryUse {
  readonly caller: Caller;
  /** `host/path`. */
  readonly repository: string;
  readonly right: 'push' | 'pull';
}

/** Ruling 10: push and pull need an owner, pull also a reader, of a pipeline with that repository as a source; admins both. */
export async function mayUseRepository(
  ports: Pick<Ports, 'pipelines'>,
  { caller, repository, right }: RepositoryUse,
): Promise<boolean> {
  if (isAdmin(caller)) return true;
  const found = await subscriptionsOf(ports, repository);
  for (const pipeline of new Set(found.map((subscription) => subscription.pipeline))) {
    const head = await ports.pipelines.head(pipeline);
    if (head === undefined || head.deleted) continue;
    if (right === 'pull' ? canRead(caller, head) : haveCommon(head.owners, caller.groups)) return true;
  }
  return false;
}
