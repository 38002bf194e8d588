import type { Delivery, Match } from '../../domain/delivery.ts';
import type { CarriedOutcomes } from './carried-outcomes.ts';
import type { Conclusion } from './conclude-pipeline.ts';
import type { IntakePorts } from './event-context.ts';

/** Ruling 14: then the delivery is `failed`, and a replay by route is what is left. */
export const maxAttempts = 10;

export interface ConclusionToSave {
  readonly delivery: Delivery;
  readonly event: number;
  readonly pipeline: string;
  readonly conclusion: Conclusion;
  /** The row that is there. */
  readonly known: Match | undefined;
  /** Where the delivery may carry it. */
  readonly carried?: CarriedOutcomes;
}

/** Writes how a rule ended, unless its delivery will carry it. A row that another processor wrote meanwhile stands. */
export async function saveConclusion(ports: IntakePorts, saved: ConclusionToSave): Promise<Match> {
  const match = newMatch(saved, ports.clock.now());
  if (saved.carried?.take(match)) return match;
  const stored = await ports.deliveries.saveMatch(saved.delivery.id, match);
  if (stored?.status === 'failed') await reportFailed(ports, saved, stored);
  return stored ?? match;
}

function newMatch({ event, pipeline, conclusion, known }: ConclusionToSave, now: number): Match {
  const { source, outcome } = conclusion;
  const attempts = (known?.attempts ?? 0) + 1;
  const row = { event, pipeline, source, attempts, rev: known?.rev ?? 0 };
  switch (outcome.kind) {
    case 'executed': {
      const { matched, reason, message, executionId } = outcome;
      return { ...row, matched, reason, message, executionId, status: 'done' };
    }
    case 'refused':
      return { ...row, matched: false, reason: outcome.reason, message: outcome.message, status: 'done' };
    case 'outage':
      return { ...row, matched: false, reason: 'manifestUnknown', ...retry(outcome.error.message, attempts, now) };
  }
}

function retry(message: string, attempts: number, now: number): Pick<Match, 'message' | 'status' | 'nextAt'> {
  const fault = /[.!?]$/.test(message) ? message : `${message}.`;
  if (attempts >= maxAttempts) return { message: `${fault} Tried ${attempts} times.`, status: 'failed' };
  return { message: `${fault} To be tried again.`, status: 'pending', nextAt: now + backOff(attempts) };
}

/** 5 s, 10 s, 20 s … 5 min. */
export function backOff(attempts: number): number {
  return Math.min(300_000, 5_000 * 2 ** (attempts - 1));
}

async function reportFailed(ports: IntakePorts, { delivery }: ConclusionToSave, match: Match): Promise<void> {
  const { pipeline, source, event, message } = match;
  ports.log.error('A rule could not be decided.', {
    deliveryId: delivery.id,
    receiver: delivery.receiver,
    event,
    pipeline,
    source,
    message,
  });
  await ports.receivers.countFailure(delivery.receiver);
}
