/** Anything with needs, of which some is left out. */
export interface Ordered {
  readonly id: string;
  readonly needs: readonly string[];
}

/** What each kept one needs once the others are gone: in their place, what they needed. Ids that are nowhere are dropped. */
export function needsAmong(
  nodes: readonly Ordered[],
  kept: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return new Map([...kept].map((id) => [id, nearest(byId, id, kept)]));
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
