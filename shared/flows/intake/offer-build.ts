import type { BuildEvent } from '../../domain/delivery.ts';
import { matchSource } from '../../domain/source-match.ts';
import { followersAmong } from '../pipeline-rights.ts';
import { recordBuild } from '../record-build.ts';
import { checkClaimedTags } from './check-claimed-tags.ts';
import { type EventContext, factSource, type IntakePorts } from './event-context.ts';
import { askRegistryFor, type Offer, refusedOffer } from './offer.ts';
import { settleEvent } from './settle-event.ts';

/** Records a finished build and asks every source that has it as its upstream. */
export async function offerBuild(ports: IntakePorts, context: EventContext<BuildEvent>): Promise<readonly Offer[]> {
  const { index, event: told } = context;
  // Of our own builds only those learn who may take them; to others it is as if nothing had happened.
  const subscriptions = await followersAmong(ports, told.pipeline, context.subscriptions);
  if (await isImpostor(ports, told)) return subscriptions.map((one) => refusedOffer(one, impostor(told)));
  const source = factSource(context);
  const listening = subscriptions.map(({ pipeline }) => pipeline);
  const settled = await askRegistryFor(ports, listening, async (asking) => {
    await checkClaimedTags(asking, context.delivery, told);
    return (await settleEvent(asking, context.delivery, index)).events[index];
  });
  // What the registry contradicts is no build that a later run may be bound to.
  if (settled.kind === 'refused' && settled.reason === 'digestMismatch')
    return subscriptions.map((subscription) => ({ subscription, outcome: settled }));
  if (settled.kind === 'outage' && subscriptions.length > 0)
    return subscriptions.map((subscription) => ({ subscription, outcome: settled }));
  if (settled.kind !== 'answered') {
    // That a build finished is known all the same; an image of it that nobody can find starts nothing, and is asked for again
    // when a run binds the build.
    await recordBuild(ports, context.event, source);
    return subscriptions.map((subscription) => ({ subscription, outcome: settled }));
  }
  const event = settled.value?.kind === 'build' ? settled.value : context.event;
  const build = await recordBuild(ports, event, source);
  return subscriptions.map((subscription) => {
    // By the record, which keeps the first report, and a success over failures before it.
    const decided = matchSource(subscription.rule, { kind: 'build', ...build });
    if (!decided.matched) return refusedOffer(subscription, decided);
    return { subscription, outcome: { kind: 'matched', wish: { kind: 'build', received: { kind: 'build', build } } } };
  });
}

/** Builds of our own pipelines are told by themselves alone: nobody outside may put another in their place. */
async function isImpostor(ports: IntakePorts, { execution, pipeline }: BuildEvent): Promise<boolean> {
  return execution === undefined && (await ports.pipelines.head(pipeline)) !== undefined;
}

function impostor({ pipeline }: BuildEvent) {
  const message = `"${pipeline}" is a pipeline of this service, whose builds are its own executions; give the build system's another name.`;
  return { reason: 'notAllowed', message } as const;
}
