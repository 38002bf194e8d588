import { imageType } from '../domain/artifact.ts';
import type {
  BuildEvent,
  DeliveredEvent,
  Delivery,
  Match,
  PushEvent,
  RepositoryEvent,
  ScanEvent,
} from '../domain/delivery.ts';
import type { NamedReport } from '../domain/named-report.ts';
import { presentOptionalTime, presentTime } from './present-time.ts';

export interface PresentedDelivery {
  readonly delivery: Delivery;
  readonly matches: readonly Match[];
}

/** Events in the order in which they came, each with the outcomes of the rules that it met. */
export function presentDelivery({ delivery, matches }: PresentedDelivery) {
  const byEvent = Map.groupBy(matches, (match) => match.event);
  return {
    id: delivery.id,
    receiver: delivery.receiver,
    receivedAt: presentTime(delivery.receivedAt),
    status: delivery.status,
    signed: delivery.signed,
    error: delivery.error,
    events: delivery.events.map((event, index) => ({
      ...presentEvent(event),
      matches: (byEvent.get(index) ?? []).map(presentMatch),
    })),
  };
}

export function presentMatch({ pipeline, source, matched, reason, message, executionId }: Omit<Match, 'event'>) {
  return { pipeline, source, matched, reason, message, executionId };
}

function presentEvent(event: DeliveredEvent) {
  const at = presentOptionalTime(event.at);
  switch (event.kind) {
    case 'webhook':
      return { kind: event.kind, at, type: event.type, source: event.source };
    case 'build':
      return { ...buildOf(event), at };
    case 'scan':
      return { ...scanOf(event), at };
    case 'test':
      return {
        ...imageOf(event),
        at,
        name: event.name,
        outcome: event.outcome,
        coverage: event.coverage,
        fault: event.fault,
      };
    case 'push':
      return { ...imageOf(event), tag: event.tag ?? fileVersion(event), at };
    default:
      return { ...imageOf(event), at };
  }
}

function scanOf(event: ScanEvent) {
  const { severities, scanner, uncounted, finding, status } = event;
  return { ...imageOf(event), severities, scanner, uncounted, outcome: finding ? 'finding' : status };
}

function buildOf({ kind, pipeline, build, outcome, reports }: BuildEvent) {
  return { kind, pipeline, build, outcome, reports: reports?.map(presentReport) };
}

function presentReport({ name, format, readAt, fault }: NamedReport) {
  return { name, format, readAt: presentOptionalTime(readAt), fault };
}

/** Of files and packages a version is what a tag is. */
function fileVersion({ artifact }: PushEvent): string | undefined {
  return artifact === undefined || artifact.type === imageType ? undefined : artifact.version;
}

function imageOf(event: RepositoryEvent) {
  const { kind, repository, digest } = event;
  const tag = event.kind === 'test' ? undefined : event.tag;
  if (event.kind !== 'push' && event.kind !== 'scan') return { kind, repository, tag, digest };
  const { resolvedAt, movedSince } = event;
  return { kind, repository, tag, digest, resolvedAt: presentOptionalTime(resolvedAt), movedSince };
}
