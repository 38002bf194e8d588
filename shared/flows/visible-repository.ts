import type { RecordedArtifact } from '../domain/artifact.ts';
import type { Caller } from '../domain/caller.ts';
import { isAdmin } from '../domain/caller.ts';
import type { AnySubscription } from '../domain/pipeline.ts';
import { splitRepository } from '../domain/reference.ts';
import type { Ports } from '../ports/ports.ts';
import { mayKnow } from './asking.ts';
import { artifactSubscriptions, dockerTriggers, subscriptionsOf } from './find-subscriptions.ts';
import { mayChangeReceivers } from './put-receiver.ts';
import { createReadAccess } from './read-access.ts';
import { triggersOfRegistry } from './triggers-of-registry.ts';

/** Who receives a repository, or a file, as far as a caller may see it. */
export interface Receivers {
  /** Whether the caller may see what is known of the repository: readers of one that receives it; where none does, operators. */
  readonly visible: boolean;
  /** Pipelines that have it as a source or in a trigger, those that the caller may see. */
  readonly pipelines: readonly string[];
}

export async function receiversOf(
  ports: Pick<Ports, 'accounts' | 'pipelines'>,
  caller: Caller,
  repository: string,
): Promise<Receivers> {
  const [sources, triggers] = await Promise.all([
    subscriptionsOf(ports, repository),
    dockerTriggers(ports, repository),
  ]);
  const { host } = splitRepository(repository);
  const ofThis = triggers.length === 0 ? [] : await triggersOfRegistry(ports, host, triggers);
  return asSeenBy(ports, caller, [...sources, ...ofThis]);
}

export async function receiversOfArtifact(
  ports: Pick<Ports, 'accounts' | 'pipelines'>,
  caller: Caller,
  { artifact, repository }: Pick<RecordedArtifact, 'artifact' | 'repository'>,
): Promise<Receivers> {
  return repository === undefined
    ? asSeenBy(ports, caller, await artifactSubscriptions(ports, artifact))
    : receiversOf(ports, caller, repository);
}

async function asSeenBy(
  ports: Pick<Ports, 'pipelines'>,
  caller: Caller,
  subscriptions: readonly AnySubscription[],
): Promise<Receivers> {
  const mayRead = createReadAccess(ports, caller);
  const pipelines: string[] = [];
  for (const pipeline of new Set(subscriptions.map((subscription) => subscription.pipeline))) {
    if (await mayRead(pipeline)) pipelines.push(pipeline);
  }
  const unheard = subscriptions.length === 0 && mayChangeReceivers(caller);
  return { visible: isAdmin(caller) || unheard || pipelines.length > 0, pipelines };
}

/**
 * Whether a caller may see an artifact: he reads a pipeline that has it as a source and could have got it with the accounts
 * that it may use. What no source receives is the operators'.
 */
export function createArtifactAccess(
  ports: Pick<Ports, 'accounts' | 'pipelines'>,
  caller: Caller,
): (recorded: Pick<RecordedArtifact, 'accounts' | 'artifact' | 'repository'>) => Promise<boolean> {
  const known = new Map<string, Promise<Receivers>>();
  return async (recorded) => {
    const { repository, artifact } = recorded;
    const key = repository ?? JSON.stringify([artifact.type, artifact.name]);
    const found = known.get(key) ?? receiversOfArtifact(ports, caller, recorded);
    known.set(key, found);
    const { visible, pipelines } = await found;
    return isAdmin(caller) || (visible && (await mayKnow(ports, recorded, { pipelines })));
  };
}
