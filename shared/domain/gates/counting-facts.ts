import type { Fact, FactKind } from '../fact.ts';

type FactOf<K extends FactKind> = Extract<Fact, { readonly kind: K }>;

/** Who may speak in a gate: owners of the pipeline that asks (ruling 10), receivers the gate names. */
export interface Listeners {
  readonly owners: readonly string[];
  /** Receiver names; absent = any. */
  readonly from?: readonly string[];
}

/** The facts of one kind that a gate may believe, newest event time first. */
export function countingFacts<K extends FactKind>(
  facts: readonly Fact[],
  kind: K,
  listeners: Listeners,
): readonly FactOf<K>[] {
  const isOfKind = (fact: Fact): fact is FactOf<K> => fact.kind === kind;
  return facts
    .filter(isOfKind)
    .filter((fact) => counts(fact, listeners))
    .toSorted((a, b) => b.at - a.at || b.recordedAt - a.recordedAt || (a.id < b.id ? 1 : -1));
}

function counts(fact: Fact, listeners: Listeners): boolean {
  if (!fact.trusted) return false;
  if (listeners.from && !listeners.from.includes(fact.receiver)) return false;
  const poster = fact.postedBy;
  return !poster || poster.admin || poster.groups.some((group) => listeners.owners.includes(group));
}
