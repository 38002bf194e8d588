import type { DeliveredEvent, Delivery, Match } from '../../domain/delivery.ts';

/** A delivery that is nearly always one event for a few pipelines has them in itself; one for many has rows. */
const mostCarried = 8;
/** Characters of JSON: messages may be long. */
const longestCarried = 4_000;

/** Outcomes of one processing that the delivery will carry when it ends. */
export interface CarriedOutcomes {
  readonly rows: readonly Match[];
  /** False = it needs a row of its own. */
  take(match: Match): boolean;
}

export function createCarriedOutcomes({ status, outcomes = [] }: Delivery): CarriedOutcomes {
  const rows: Match[] = [];
  return {
    rows,
    take(match) {
      // What ended at once. What is tried again is found by its row, and what has one keeps it.
      const isPlain = status === 'pending' && match.status === 'done' && match.rev === 0;
      const all = [...outcomes, ...rows, match];
      if (!isPlain || all.length > mostCarried || JSON.stringify(all).length > longestCarried) return false;
      rows.push(match);
      return true;
    },
  };
}

/** Reports may take long and be asked for often: outcomes do not wait for them. */
export function hasReports(event: DeliveredEvent): boolean {
  return event.kind === 'build' && (event.reports ?? []).length > 0;
}
