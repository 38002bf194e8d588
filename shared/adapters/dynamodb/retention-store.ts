import * as z from 'zod/mini';
import type { RetentionState } from '../../domain/retention.ts';
import type { RetentionStore } from '../../ports/retention-store.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { itemKind } from './item.ts';
import { mergedEntries } from './merged-pages.ts';
import { deletedPipelines, livePipelines } from './pipeline-store.ts';
import type { Table } from './table.ts';

const stateKind = itemKind<RetentionState>('retention', {
  startedAt: z.number(),
  removed: z.looseObject({ executions: z.number() }),
  rev: z.int().check(z.positive()),
});
const stateItem = { pk: 'RETENTION', sk: 'RETENTION' };

export function createRetentionStore(table: Table): RetentionStore {
  return {
    async pipelines({ cursor, limit }) {
      const list = { index: 'gsi1', partitions: [livePipelines, deletedPipelines], order: 'ascending' } as const;
      const entries = await mergedEntries(table, list, { after: readCursor(cursor), limit });
      // The sort key is the name: names of pipelines need no escape.
      const items = [...new Set(entries.map((entry) => entry.sort))];
      const last = entries.length < limit ? undefined : items.at(-1);
      return { items, ...(last === undefined ? {} : { next: writeCursor(last) }) };
    },
    state: () => table.find(stateKind, stateItem),
    saveState: (state) => table.save(stateKind, stateItem, { value: state }),
  };
}
