/** Anything with needs: stages of a pipeline, jobs of a stage. */
export interface GraphNode {
  readonly id: string;
  readonly needs: readonly string[];
}

/** Every cycle among the needs, each as the ids in the order in which they need one another; needs that do not exist are not followed. */
export function findCycles(nodes: readonly GraphNode[]): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = [];
  const left = new Map(nodes.map((node) => [node.id, node.needs]));
  for (;;) {
    removeFree(left);
    const [start] = left.keys();
    if (start === undefined) return cycles;
    const cycle = walk(left, start);
    cycles.push(cycle);
    for (const id of cycle) left.delete(id);
  }
}

/** Takes away what needs nothing that is left, until what is left stands in or behind a cycle. */
function removeFree(left: Map<string, readonly string[]>): void {
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [id, needs] of left) if (!needs.some((need) => left.has(need))) left.delete(id);
  }
}

/** Each node left needs another that is left, so a walk along the needs comes back to where it was. */
function walk(left: ReadonlyMap<string, readonly string[]>, start: string): readonly string[] {
  const seen: string[] = [];
  let at: string | undefined = start;
  while (at !== undefined && !seen.includes(at)) {
    seen.push(at);
    at = left.get(at)?.find((need) => left.has(need));
  }
  return at === undefined ? seen : seen.slice(seen.indexOf(at));
}
