import * as z from 'zod/mini';
import type { WatchedRepository } from '../../domain/watched-repository.ts';
import type { WatchPlan, WatchStore } from '../../ports/watch-store.ts';
import { itemKind } from './item.ts';
import { key, shardOf, shards, timeKey } from './key.ts';
import { mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

const text = z.string().check(z.minLength(1));
const rev = z.int().check(z.positive());
const planKind = itemKind<WatchPlan>('watchPlan', { nextAt: z.number(), rev });
const watchedKind = itemKind<WatchedRepository>('watched', {
  repository: text,
  suspects: z.array(z.looseObject({ tag: text, digest: text, since: z.number() })),
  nextAt: z.number(),
  failures: z.number(),
  rev,
});

const seenKind = itemKind<{ readonly tags: Readonly<Record<string, string>> }>('seenTags', {
  tags: z.record(z.string(), z.string()),
});

const planItem = { pk: 'WATCHPLAN', sk: 'PLAN' };
const watchedItem = (repository: string) => ({ pk: key('WATCHED', repository), sk: 'WATCHED' });
const seenItem = (repository: string) => ({ pk: key('WATCHED', repository), sk: 'SEEN' });
const duePartitions = shards.map((shard) => key('WATCHDUE', shard));

export function createWatchStore(table: Table): WatchStore {
  return {
    plan: () => table.find(planKind, planItem),
    savePlan: (plan) => table.save(planKind, planItem, { value: plan }),
    find: (repository) => table.find(watchedKind, watchedItem(repository)),
    save: (watched) =>
      table.save(watchedKind, watchedItem(watched.repository), {
        value: watched,
        indexes: { gsi1: [key('WATCHDUE', shardOf(watched.repository)), dueSort(watched)] },
      }),
    async remove(repository) {
      await table.remove(watchedItem(repository));
      await table.remove(seenItem(repository));
    },
    async seen(repository) {
      const found = await table.find(seenKind, seenItem(repository));
      return new Map(Object.entries(found?.tags ?? {}));
    },
    // Apart from the rest, which is written at every look: this only where it changed.
    saveSeen: (repository, seen) =>
      table.put(seenKind, seenItem(repository), { value: { tags: Object.fromEntries(seen) } }),
    async due(now, limit) {
      const { items } = await mergedPage(table, watchedKind, {
        page: { limit },
        list: { index: 'gsi1', partitions: duePartitions, order: 'ascending', below: timeKey(now + 1) },
        keep: ({ nextAt }) => nextAt <= now,
      });
      return items;
    },
  };
}

function dueSort({ nextAt, repository }: WatchedRepository): string {
  return `${timeKey(nextAt)}#${key(repository)}`;
}
