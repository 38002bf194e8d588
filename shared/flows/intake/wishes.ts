import type { Artifact } from '../../domain/artifact.ts';
import type { Trigger } from '../../domain/execution.ts';
import type { AnySubscription, PipelineDefinition } from '../../domain/pipeline.ts';
import { sourceTakes } from '../../domain/trigger-match.ts';
import type { Received } from '../bind-sources.ts';
import type { EventContext } from './event-context.ts';
import { isTriggerWish, type SourceWish, type TriggerWish, type Wish } from './offer.ts';
import { receiveArtifacts } from './receive-artifacts.ts';
import type { VerifyPorts } from './verify-image.ts';

/** A rule of a pipeline that wants a run for an event. */
export interface Wanting {
  readonly subscription: AnySubscription;
  readonly wish: Wish;
}

/** Sources get what they asked for; with a trigger that fired, the others get what came with it, as in a run by hand. */
export async function receivedOf(
  ports: VerifyPorts,
  { sources }: PipelineDefinition,
  wanting: readonly Wanting[],
): Promise<Readonly<Record<string, Received>>> {
  const asked = wanting.flatMap(({ subscription, wish }) =>
    isTriggerWish(wish) ? [] : [[subscription.source, wish.received] as const],
  );
  const fired = firedTrigger(wanting);
  const artifacts = fired?.artifacts ?? [];
  const brought =
    artifacts.length === 0 ? {} : await receiveArtifacts(ports, { sources, artifacts, admits: sourceTakes });
  return { ...brought, ...Object.fromEntries(asked) };
}

/** Why the run starts: the first rule that wants it, and of the triggers only the first that fired counts with its ids. */
export function triggerOf({ delivery, event, index }: EventContext, wanting: readonly Wanting[]): Trigger {
  const [first] = wanting.map(({ wish }) => wish);
  const fired = firedTrigger(wanting);
  const asked = wanting.flatMap(({ wish }) => (isTriggerWish(wish) ? [] : receivedArtifacts(wish)));
  return {
    type: first?.kind ?? 'push',
    receiver: delivery.receiver,
    deliveryId: delivery.id,
    event: index,
    user: delivery.actor,
    repository: first?.kind !== 'artifact' && 'repository' in event ? event.repository : undefined,
    tag: first && tagOf(first),
    payload: payloadOf(event),
    artifacts: [...asked, ...(fired?.artifacts ?? [])],
    ...(fired === undefined ? {} : { expectedArtifactIds: fired.expectedArtifactIds }),
  };
}

function firedTrigger(wanting: readonly Wanting[]): TriggerWish | undefined {
  return wanting.map(({ wish }) => wish).find(isTriggerWish);
}

function receivedArtifacts({ received }: SourceWish): readonly Artifact[] {
  return received.kind === 'build' ? received.build.artifacts.map(({ artifact }) => artifact) : [received.artifact];
}

function tagOf(wish: Wish): string | undefined {
  if (wish.kind === 'build') return undefined;
  return wish.kind === 'artifact' ? wish.received.artifact.version : wish.tag;
}

function payloadOf(event: EventContext['event']): Trigger['payload'] {
  if (event.kind === 'webhook') return event.payload;
  return event.kind === 'build' ? { pipeline: event.pipeline, build: event.build } : undefined;
}
