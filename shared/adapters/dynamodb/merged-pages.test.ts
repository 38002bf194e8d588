import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { itemKind } from './item.ts';
import { key, shardOf, shards, timeKey } from './key.ts';
import { type MergedList, mergedPage } from './merged-pages.ts';

const tables = useEmbeddedTables();
const noteKind = itemKind<{ readonly at: number; readonly kept: boolean }>('note', {
  at: z.number(),
  kept: z.boolean(),
});

describe('merged pages', () => {
  it('give every entry once, in order, for any shards, bounds, page size and filter', async () => {
    const { table } = await tables.fresh();
    let run = 0;
    const property = fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 14 }),
      fc.constantFrom('ascending' as const, 'descending' as const),
      fc.option(fc.integer({ min: 0, max: 42 }), { nil: undefined }),
      fc.integer({ min: 1, max: 6 }),
      async (times, order, bound, limit) => {
        run += 1;
        const partitions = shards.map((shard) => key('RUN', String(run), shard));
        const notes = times.map((at) => ({ at, kept: at % 3 !== 0 }));
        await Promise.all(
          notes.map((value) => {
            const sort = `${timeKey(value.at)}#x`;
            const partition = partitions[Number(shardOf(sort))] ?? '';
            return table.put(noteKind, { pk: `${run}`, sk: sort }, { value, indexes: { gsi2: [partition, sort] } });
          }),
        );
        const edge =
          bound === undefined ? {} : order === 'ascending' ? { below: timeKey(bound) } : { from: timeKey(bound) };
        const list: MergedList = { index: 'gsi2', partitions, order, ...edge };
        const found: number[] = [];
        let cursor: string | undefined;
        do {
          const keep = (note: { readonly kept: boolean }) => note.kept;
          const page = await mergedPage(table, noteKind, { list, keep, page: { limit, cursor } });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          found.push(...page.items.map((note) => note.at));
          cursor = page.next;
        } while (cursor !== undefined);
        const inBounds = (at: number) => bound === undefined || (order === 'ascending' ? at < bound : at >= bound);
        const expected = notes.filter((note) => note.kept && inBounds(note.at)).map((note) => note.at);
        const sign = order === 'ascending' ? 1 : -1;
        expect(found).toEqual(expected.sort((a, b) => sign * (a - b)));
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
});

describe('keys', () => {
  it('differ whenever their parts differ, and stay short enough for a sort key', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 4, unit: fc.constantFrom('a', '#', '%', '~', '2', '3') }),
      fc.string(),
    );
    const parts = fc.array(part, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(key(...a) === key(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    const long = fc.array(fc.string({ minLength: 150, maxLength: 600, unit: 'grapheme' }), {
      minLength: 5,
      maxLength: 5,
    });
    fc.assert(
      fc.property(long, (texts) => {
        expect(Buffer.byteLength(`${timeKey(0)}#${key(...texts)}`)).toBeLessThanOrEqual(1_024);
      }),
    );
  });

  it('does not let a short part stand for the hash of a long one', () => {
    const long = 'x'.repeat(500);
    expect(key(key(long).slice(1))).not.toBe(key(long));
    expect(key(key(long))).not.toBe(key(long));
  });

  it.each([
    ['a', 'a'],
    ['a#b', 'a%23b'],
    ['a%23b', 'a%2523b'],
    ['', ''],
  ])('writes the part %j as %j', (part, written) => {
    expect(key('K', part)).toBe(`K#${written}`);
  });

  it('sorts times as text', () => {
    const times = [0, 9, 10, 999, Date.UTC(2026, 10, 20), Date.UTC(9999, 0, 1)];
    expect(times.map(timeKey).toSorted()).toEqual(times.map(timeKey));
  });
});

describe('cursors', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }), (sort) => {
        expect(readCursor(writeCursor(sort))).toBe(sort);
      }),
    );
  });

  it.each(['', '=', 'a', 'a b', 'Y2E=', '/+/+', '_w', writeCursor('x'.repeat(1_025))])('refuses %.20j', (cursor) => {
    expect(() => readCursor(cursor)).toThrow(expect.objectContaining({ code: 'invalidInput' }));
  });
});
