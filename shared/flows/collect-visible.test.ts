import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PageRequest } from '../domain/page.ts';
import { collectVisible } from './collect-visible.ts';

/** A list of flags: true = visible. The cursor is the index of the last one read, as stores' are. */
function listOf(flags: readonly boolean[]) {
  let read = 0;
  const all = flags.map((visible, index) => ({ visible, index }));
  const load = async ({ cursor, limit }: PageRequest) => {
    const start = cursor === undefined ? 0 : Number(cursor) + 1;
    const items = all.slice(start, start + limit);
    read += items.length;
    const last = items.at(-1);
    return last === undefined || start + limit >= all.length ? { items } : { items, next: String(last.index) };
  };
  const page = (limit: number, cursor?: string) =>
    collectVisible({ limit, cursor }, load, async ({ visible }) => visible);
  return { page, load, read: () => read };
}

const hidden = (count: number) => Array.from({ length: count }, () => false);

describe('collectVisible', () => {
  it('gives the pages that there would be without what is left out', async () => {
    const flags = fc.array(fc.boolean(), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(flags, fc.integer({ min: 1, max: 7 }), async (given, limit) => {
        const list = listOf(given);
        const alone = listOf(given.filter((flag) => flag));
        for (let mine: string | undefined, theirs: string | undefined, pages = 0; pages < 400; pages++) {
          const [one, other] = [await list.page(limit, mine), await alone.page(limit, theirs)];
          expect(one.items).toHaveLength(other.items.length);
          expect(one.items.every(({ visible }) => visible)).toBe(true);
          expect(one.next === undefined).toBe(other.next === undefined);
          // A cursor is the place of something visible: looked into, it names nothing else.
          if (one.next !== undefined) expect(given[Number(one.next)]).toBe(true);
          if (one.next === undefined) return;
          [mine, theirs] = [one.next, other.next];
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['nothing', [], 10, 0],
    ['all', [true, true], 10, 2],
    ['a full page and no more', [true, true, ...hidden(500)], 2, 2],
    ['one behind many', [...hidden(700), true], 1, 1],
  ])('%s', async (_name, flags, limit, expected) => {
    const page = await listOf(flags).page(limit);
    expect([page.items.length, page.next]).toEqual([expected, undefined]);
  });

  it('looks at a thousand at most, and says that there may be more', async () => {
    const list = listOf([...hidden(5_000), true]);
    const first = await list.page(50);
    expect(first.items).toEqual([]);
    expect(first.next).toBeDefined();
    expect(list.read()).toBeLessThan(1_200);
    let cursor = first.next;
    const found = [];
    for (let pages = 0; cursor !== undefined && pages < 20; pages++) {
      const page = await list.page(50, cursor);
      found.push(...page.items);
      cursor = page.next;
    }
    expect(found).toHaveLength(1);
  });

  it('reads one more than it gives where everything is visible', async () => {
    const list = listOf(Array.from({ length: 100 }, () => true));
    await list.page(50);
    expect(list.read()).toBe(51);
  });
});
