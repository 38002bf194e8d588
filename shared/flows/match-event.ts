import type { DeliveredEvent } from '../domain/delivery.ts';
import { pipelineSubscriptionKey, repositoryMatches, subscriptionLookupKeys } from '../domain/pattern.ts';
import type { Subscription } from '../domain/pipeline.ts';
import { matchUnresolved } from '../domain/source-match.ts';
import type { Ports } from '../ports/ports.ts';
import { type EventContext, factSource, type IntakePorts } from './intake/event-context.ts';
import { type Offer, refusedOffer } from './intake/offer.ts';
import { offerBuild } from './intake/offer-build.ts';
import { offerPush } from './intake/offer-push.ts';
import { offerScan } from './intake/offer-scan.ts';
import { recordDelete } from './record-delete.ts';
import { recordTest } from './record-test.ts';

/** Records what an event says and asks every source that listens where it happened. */
export async function matchEvent(ports: IntakePorts, context: EventContext): Promise<readonly Offer[]> {
  const { event } = context;
  switch (event.kind) {
    case 'push':
      return offerPush(ports, { ...context, event });
    case 'scan':
      return offerScan(ports, { ...context, event });
    case 'build':
      return offerBuild(ports, { ...context, event });
    case 'test':
      await recordTest(ports, event, factSource(context));
      return unheard(context, event.kind);
    case 'delete':
      await recordDelete(ports, event, factSource(context));
      return unheard(context, event.kind);
  }
}

/** No source starts runs from these; the row says so, and lets the pipeline's readers see the delivery (ruling 12). */
function unheard({ subscriptions }: EventContext, kind: 'test' | 'delete'): readonly Offer[] {
  return subscriptions.map((one) => refusedOffer(one, matchUnresolved(one.rule, { kind })));
}

/** Every present rule that an event meets, by look-up: work does not grow with the number of pipelines. */
export async function findSubscriptions(
  ports: Pick<Ports, 'pipelines'>,
  event: DeliveredEvent,
): Promise<readonly Subscription[]> {
  return event.kind === 'build'
    ? presentOnes(ports, await ports.pipelines.subscriptions([pipelineSubscriptionKey(event.pipeline)]))
    : subscriptionsOf(ports, event.repository);
}

/** Of a repository: those that name it, and those whose wildcards take it. */
export async function subscriptionsOf(
  ports: Pick<Ports, 'pipelines'>,
  repository: string,
): Promise<readonly Subscription[]> {
  const found = await ports.pipelines.subscriptions(subscriptionLookupKeys(repository));
  const meant = found.filter(({ rule }) => rule.type === 'registry' && repositoryMatches(rule.repository, repository));
  return presentOnes(ports, meant);
}

/** While a pipeline is being put, rules of two versions stand side by side; its head says which of them holds. */
async function presentOnes(
  ports: Pick<Ports, 'pipelines'>,
  subscriptions: readonly Subscription[],
): Promise<readonly Subscription[]> {
  const versions = new Map<string, Set<string>>();
  for (const { pipeline, version } of subscriptions) {
    versions.set(pipeline, (versions.get(pipeline) ?? new Set()).add(version));
  }
  const unclear = [...versions].filter(([, of]) => of.size > 1).map(([pipeline]) => pipeline);
  if (unclear.length === 0) return subscriptions;
  const heads = await Promise.all(unclear.map((pipeline) => ports.pipelines.head(pipeline)));
  const present = new Map(heads.map((head) => [head?.name, head?.version]));
  return subscriptions.filter(
    ({ pipeline, version }) => !unclear.includes(pipeline) || present.get(pipeline) === version,
  );
}
