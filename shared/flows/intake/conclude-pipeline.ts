import type { ClaimParts } from '../../domain/claim.ts';
import { eventTime } from '../../domain/claim.ts';
import type { MatchReason } from '../../domain/delivery.ts';
import type { Trigger } from '../../domain/execution.ts';
import { canChange } from '../../domain/permission.ts';
import type { PipelineVersion, Subscription } from '../../domain/pipeline.ts';
import { askingFor } from '../asking.ts';
import { bindPipeline } from '../bind-pipeline.ts';
import { loadPlan } from '../load-pipeline.ts';
import { resumeClaim, type Started, startExecution } from '../start-execution.ts';
import { becomesLatest } from './becomes-latest.ts';
import type { EventContext, IntakePorts } from './event-context.ts';
import { askRegistry, type Offer, type OfferOutcome, type Wish } from './offer.ts';
import { rebuiltWarning } from './rebuilt-warning.ts';

/** How one source's rule ended for an event, as far as it can end now. */
export interface Conclusion {
  readonly source: string;
  readonly outcome:
    | Exclude<OfferOutcome, { kind: 'matched' }>
    | {
        readonly kind: 'executed';
        readonly matched: boolean;
        readonly reason: MatchReason;
        readonly message: string;
        readonly executionId: string;
      };
}

interface Wanting {
  readonly subscription: Subscription;
  readonly wish: Wish;
}

/**
 * Starts the one execution that the sources of one pipeline want for an event, however many of them do. A claim that is there
 * is read and completed, never decided again, so a replay neither asks whether the version is still the latest nor binds anew.
 */
export async function concludePipeline(
  ports: IntakePorts,
  context: EventContext,
  offers: readonly Offer[],
): Promise<readonly Conclusion[]> {
  const wanting = offers.flatMap(({ subscription, outcome }) =>
    outcome.kind === 'matched' ? [{ subscription, wish: outcome.wish }] : [],
  );
  const others = offers.flatMap(({ subscription, outcome }) =>
    outcome.kind === 'matched' ? [] : [{ source: subscription.source, outcome }],
  );
  return [...others, ...(await startFor(ports, context, wanting))];
}

async function startFor(
  ports: IntakePorts,
  context: EventContext,
  wanting: readonly Wanting[],
): Promise<readonly Conclusion[]> {
  const [first] = wanting;
  if (first === undefined) return [];
  const claim = claimParts(context, first);
  const { id: deliveryId } = context.delivery;
  const resumed = await resumeClaim(ports, claim, { deliveryId, event: context.index });
  if (resumed !== undefined) return all(wanting, executed(resumed));
  const version = await presentVersion(ports, context, first.subscription);
  if (version.kind !== 'present') return all(wanting, version);
  const latest: Wanting[] = [];
  const late: Conclusion[] = [];
  for (const one of wanting) {
    const refusal = await becomesLatest(ports, context, one);
    if (refusal === undefined) latest.push(one);
    else late.push({ source: one.subscription.source, outcome: refusal });
  }
  const [best] = latest;
  if (best === undefined) return late;
  const asking = askingFor(ports, [version.version.name]);
  const started = await askRegistry(() => start(asking, context, { version: version.version, wanting: latest, claim }));
  if (started.kind !== 'answered') return [...late, ...all(latest, started)];
  const warning = await warningFor(ports, context, { version: version.version, wish: best.wish });
  return [...late, ...all(latest, executed(started.value, warning))];
}

function all(wanting: readonly Wanting[], outcome: Conclusion['outcome']): readonly Conclusion[] {
  return wanting.map(({ subscription }) => ({ source: subscription.source, outcome }));
}

function claimParts({ event }: EventContext, { subscription, wish }: Wanting): ClaimParts {
  const { pipeline } = subscription;
  if (wish.kind === 'build') {
    const { pipeline: upstream, build } = wish.received.build;
    return { kind: 'build', pipeline, upstream, build };
  }
  const repository = event.kind === 'build' ? event.pipeline : event.repository;
  return { kind: wish.kind, pipeline, repository, tag: wish.tag, digest: wish.received.digest };
}

/** As much of a version as a start needs; it never changes, so it may come from memory. */
type PresentVersion = Pick<PipelineVersion, 'name' | 'version' | 'definition'>;

type Present =
  | { readonly kind: 'present'; readonly version: PresentVersion }
  | Exclude<OfferOutcome, { kind: 'matched' | 'outage' }>;

async function presentVersion(
  ports: IntakePorts,
  { delivery }: EventContext,
  { pipeline }: Subscription,
): Promise<Present> {
  const head = await ports.pipelines.head(pipeline);
  const refused = (message: string) => ({ kind: 'refused', reason: 'notAllowed', message }) as const;
  if (head === undefined || head.deleted) return refused(`Pipeline ${pipeline} was deleted meanwhile.`);
  if (delivery.postedBy !== undefined && !canChange(delivery.postedBy, head)) {
    return refused(
      `${delivery.postedBy.subject} is in no group that owns ${pipeline}: what was posted does not count for it.`,
    );
  }
  const { definition } = await loadPlan(ports, pipeline, head.version);
  return { kind: 'present', version: { name: pipeline, version: head.version, definition } };
}

interface Wanted {
  readonly version: PresentVersion;
  readonly wanting: readonly Wanting[];
  readonly claim: ClaimParts;
}

async function start(ports: IntakePorts, context: EventContext, { version, wanting, claim }: Wanted): Promise<Started> {
  const { definition } = version;
  const received = Object.fromEntries(wanting.map(({ subscription, wish }) => [subscription.source, wish.received]));
  const trigger = triggerOf(context, wanting);
  const binding = await bindPipeline(ports, {
    pipeline: version.name,
    definition,
    received,
    artifacts: trigger.artifacts,
    expectedArtifactIds: trigger.expectedArtifactIds ?? [],
  });
  return startExecution(ports, {
    pipeline: version.name,
    pipelineVersion: version.version,
    claim,
    trigger,
    binding,
    parameters: definition.parameters,
    orderAt: eventTime(context.event, context.delivery.receivedAt),
  });
}

function triggerOf({ delivery, event, index }: EventContext, wanting: readonly Wanting[]): Trigger {
  const wishes = wanting.map(({ wish }) => wish);
  return {
    type: wishes[0]?.kind ?? 'push',
    receiver: delivery.receiver,
    deliveryId: delivery.id,
    event: index,
    user: delivery.actor,
    repository: event.kind === 'build' ? undefined : event.repository,
    tag: tagOf(wishes[0]),
    payload: event.kind === 'build' ? { pipeline: event.pipeline, build: event.build } : undefined,
    artifacts: wishes.flatMap(({ received }) =>
      received.kind === 'build' ? received.build.artifacts.map(({ artifact }) => artifact) : [received.artifact],
    ),
  };
}

function tagOf(wish: Wish | undefined): string | undefined {
  return wish === undefined || wish.kind === 'build' ? undefined : wish.tag;
}

async function warningFor(
  ports: IntakePorts,
  { event }: EventContext,
  { version, wish }: { readonly version: PresentVersion; readonly wish: Wish },
): Promise<string> {
  if (wish.kind === 'build' || event.kind === 'build') return '';
  const { digest, revision } = wish.received;
  return rebuiltWarning(ports, { definition: version.definition, repository: event.repository, digest, revision });
}

function executed({ kind, executionId, error }: Started, warning = ''): Conclusion['outcome'] {
  if (kind === 'alreadyExecuted') {
    const message = `Execution ${executionId} was started for the same before.`;
    return { kind: 'executed', matched: false, reason: 'alreadyExecuted', message, executionId };
  }
  if (error !== undefined)
    return { kind: 'executed', matched: false, reason: bindingReason(error.code), message: error.message, executionId };
  return {
    kind: 'executed',
    matched: true,
    reason: 'matched',
    message: `Execution ${executionId} was started.${warning}`,
    executionId,
  };
}

function bindingReason(code: string): MatchReason {
  if (code === 'accountNotPermitted') return 'registryDenied';
  return code === 'registryDenied' || code === 'manifestUnknown' || code === 'digestMismatch' ? code : 'noVersion';
}
