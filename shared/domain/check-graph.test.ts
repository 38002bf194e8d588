import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycles } from './check-graph.ts';

function graph(edges: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(edges).map(([id, needs]) => ({ id, needs }));
}

describe('findCycles', () => {
  it.each([
    [{}, []],
    [{ a: [], b: ['a'], c: ['a', 'b'] }, []],
    [{ a: ['nowhere'] }, []],
    [{ a: ['a'] }, [['a']]],
    [{ a: ['b'], b: ['a'] }, [['a', 'b']]],
    [{ start: ['a'], a: ['b'], b: ['c'], c: ['a'] }, [['a', 'b', 'c']]],
    [
      { a: ['b'], b: ['a'], c: ['d'], d: ['c'], e: ['a', 'd'] },
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
  ])('%j: %j', (edges, cycles) => {
    expect(findCycles(graph(edges))).toEqual(cycles);
  });

  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const graphs = fc
    .array(fc.subarray(ids), { minLength: 6, maxLength: 6 })
    .map((needs) => ids.map((id, index) => ({ id, needs: needs[index] ?? [] })));

  it('names real circles, and some exactly where no order satisfies the needs', () => {
    fc.assert(
      fc.property(graphs, (nodes) => {
        const cycles = findCycles(nodes);
        for (const cycle of cycles) {
          for (const [index, id] of cycle.entries()) {
            const next = cycle[(index + 1) % cycle.length];
            expect(nodes.find((node) => node.id === id)?.needs).toContain(next);
          }
        }
        expect(cycles.length === 0).toBe(hasOrder(nodes));
      }),
    );
  });
});

/** Says it another way: no node reaches itself. */
function hasOrder(nodes: readonly { readonly id: string; readonly needs: readonly string[] }[]): boolean {
  return nodes.every(({ id }) => !reachable(nodes, id).has(id));
}

function reachable(nodes: readonly { readonly id: string; readonly needs: readonly string[] }[], from: string) {
  const seen = new Set<string>();
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const needs = nodes.find(({ id }) => id === at)?.needs ?? [];
    for (const need of needs.filter((one) => !seen.has(one))) {
      seen.add(need);
      open.push(need);
    }
  }
  return seen;
}
