import { findCycles } from '../check-graph.ts';

/** Anything with needs, of which some is left out. */
export interface Ordered {
  readonly id: string;
  readonly needs: readonly string[];
}

interface Kept {
  /** What each kept one needs. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Needs that closed a circle, by the id that had them. */
  readonly circular: readonly string[];
}

/**
 * What each kept one needs once the others are gone: in their place, what they needed. Ids that are nowhere are dropped, and what
 * would need itself in the end needs less.
 */
export function needsAmong(nodes: readonly Ordered[], kept: ReadonlySet<string>): Kept {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const needs = new Map([...kept].map((id) => [id, nearest(byId, id, kept)]));
  const circular: string[] = [];
  for (let cycles = cyclesOf(needs); cycles.length > 0; cycles = cyclesOf(needs)) {
    for (const [first = '', second] of cycles) {
      const fewer = (needs.get(first) ?? []).filter((need) => need !== (second ?? first));
      needs.set(first, fewer);
      circular.push(first);
    }
  }
  return { needs, circular };
}

function cyclesOf(needs: ReadonlyMap<string, readonly string[]>): ReturnType<typeof findCycles> {
  return findCycles([...needs].map(([id, needed]) => ({ id, needs: needed })));
}

function nearest(byId: ReadonlyMap<string, Ordered>, id: string, kept: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>();
  const seen = new Set([id]);
  const open = [...(byId.get(id)?.needs ?? [])];
  for (let need = open.shift(); need !== undefined; need = open.shift()) {
    if (seen.has(need)) continue;
    seen.add(need);
    if (kept.has(need)) found.add(need);
    else open.push(...(byId.get(need)?.needs ?? []));
  }
  return [...found];
}
