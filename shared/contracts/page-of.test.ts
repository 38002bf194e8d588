import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageOf } from './page-of.ts';

const key = (item: string) => item;

function walk(items: readonly string[], limit: number): readonly string[] {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = pageOf(items, { key, cursor, limit });
    if (page === undefined) throw new Error('a cursor of ours was refused');
    seen.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return seen;
}

describe('pageOf', () => {
  it('walks every list whole, in order, whatever the limit', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z0-9é]{1,4}$/)),
        fc.integer({ min: 1, max: 5 }),
        (items, limit) => {
          expect(walk(items, limit)).toEqual(items.toSorted((a, b) => (a < b ? -1 : 1)));
        },
      ),
    );
  });

  it('goes on after an item that has gone since', () => {
    const first = pageOf(['a', 'b', 'c'], { key, limit: 2 });
    expect(first?.items).toEqual(['a', 'b']);
    expect(pageOf(['a', 'c'], { key, cursor: first?.next, limit: 2 })).toEqual({ items: ['c'] });
  });

  it.each(['', '!!', 'YQ==', 'a b'])('refuses %j as a cursor', (cursor) => {
    expect(pageOf(['a'], { key, cursor, limit: 1 })).toBeUndefined();
  });
});
