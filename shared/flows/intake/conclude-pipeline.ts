import type { ClaimParts } from '../../domain/claim.ts';
import { eventTime } from '../../domain/claim.ts';
import type { MatchReason } from '../../domain/delivery.ts';
import { canChange } from '../../domain/permission.ts';
import type { AnySubscription, PipelineVersion } from '../../domain/pipeline.ts';
import { demandedBy } from '../../domain/taking-part.ts';
import { askingFor } from '../asking.ts';
import { bindPipeline } from '../bind-pipeline.ts';
import { loadPlan } from '../load-pipeline.ts';
import { resumeClaim, type Started, startExecution } from '../start-execution.ts';
import { asAskerKnows } from './as-known.ts';
import { becomesLatest } from './becomes-latest.ts';
import { claimsOf } from './claims-of-wishes.ts';
import type { EventContext, IntakePorts } from './event-context.ts';
import { askRegistry, type Offer, type OfferOutcome } from './offer.ts';
import { asStartedBy, findParentRun, type ParentRun } from './parent-run.ts';
import { rebuiltWarning } from './rebuilt-warning.ts';
import { parametersOf } from './webhook-parameters.ts';
import { receivedOf, triggerOf, type Wanting } from './wishes.ts';

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

/**
 * Starts the one execution that the rules of one pipeline want for an event, however many of them do. A claim that is there
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
  const [claim, ...others] = claimsOf(context, wanting);
  const resumed = (await resumeClaim(ports, claim, own(context))) ?? (await resumeOwn(ports, context, others));
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
  const parent = await findParentRun(ports, context.event, version.version.definition);
  if (parent.kind === 'circle') {
    return [...late, ...all(latest, { kind: 'refused', reason: 'notAllowed', message: parent.message })];
  }
  const asking = askingFor(ports, [version.version.name]);
  const wanted = { version: version.version, wanting: latest, claim, parent };
  const started = await askRegistry(() => start(asking, context, wanted));
  if (started.kind !== 'answered') return [...late, ...all(latest, started)];
  const warning = await warningFor(ports, context, { version: version.version, best });
  const { ignored } = parametersOf(version.version.definition, context.event);
  return [...late, ...all(latest, executed(started.value, `${warning}${ignored}`))];
}

function all(wanting: readonly Wanting[], outcome: Conclusion['outcome']): readonly Conclusion[] {
  return wanting.map(({ subscription }) => ({ source: subscription.source, outcome }));
}

function own({ delivery, index }: EventContext) {
  return { deliveryId: delivery.id, event: index };
}

/** A claim that this very event made under another of its names, before the pipeline's rules changed. */
async function resumeOwn(
  ports: IntakePorts,
  context: EventContext,
  claims: readonly ClaimParts[],
): Promise<Started | undefined> {
  for (const claim of claims) {
    const resumed = await resumeClaim(ports, claim, own(context));
    if (resumed?.kind === 'started') return resumed;
  }
  return undefined;
}

/** As much of a version as a start needs; it never changes, so it may come from memory. */
type PresentVersion = Pick<PipelineVersion, 'name' | 'version' | 'definition'>;

type Present =
  | { readonly kind: 'present'; readonly version: PresentVersion }
  | Exclude<OfferOutcome, { kind: 'matched' | 'outage' }>;

async function presentVersion(
  ports: IntakePorts,
  { delivery }: EventContext,
  { pipeline }: AnySubscription,
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
  readonly parent: ParentRun;
}

async function start(
  ports: IntakePorts,
  context: EventContext,
  { version, wanting, claim, parent }: Wanted,
): Promise<Started> {
  const { definition } = version;
  const told = asStartedBy(triggerOf(context, wanting), parent);
  const trigger = { ...told, artifacts: await asAskerKnows(ports, told.artifacts) };
  const received = await receivedOf(ports, definition, wanting);
  const binding = await bindPipeline(ports, {
    pipeline: version.name,
    definition,
    received,
    artifacts: trigger.artifacts,
    expectedArtifactIds: demandedBy(trigger),
  });
  return startExecution(ports, {
    pipeline: version.name,
    pipelineVersion: version.version,
    claim,
    trigger,
    binding,
    parameters: parametersOf(definition, context.event).parameters,
    orderAt: eventTime(context.event, context.delivery.receivedAt),
  });
}

async function warningFor(
  ports: IntakePorts,
  { event }: EventContext,
  { version, best }: { readonly version: PresentVersion; readonly best: Wanting },
): Promise<string> {
  const { wish } = best;
  if (event.kind !== 'push' && event.kind !== 'scan') return '';
  if (wish.kind !== 'push' && wish.kind !== 'scan') return '';
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
