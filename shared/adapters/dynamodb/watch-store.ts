import { z } from 'zod';
import type { WatchedRepository } from '../../domain/watched-repository.ts';
import type { WatchPlan, WatchStore } from '../../ports/watch-store.ts';
import { itemKind } from './item.ts';
import { key, shardOf, shards, timeKey } from './key.ts';
import { mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

const text = z.string().min(1);
const rev = z.number().int().positive();
const planKind = itemKind<WatchPlan>('watchPlan', { nextAt: z.number(), rev });
const watchedKind = itemKind<WatchedRepository>('watched', {
  repository: text,
  seen: z.record(z.string(), z.string()),
  suspects: z.array(z.looseObject({ tag: text, digest: text, since: z.number() })),
  nextAt: z.number(),
  failures: z.number(),
  rev,
});

const planItem = { pk: 'WATCHPLAN', sk: 'PLAN' };
const watchedItem = (repository: string) => ({ pk: key('WATCHED', repository), sk: 'WATCHED' });
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
    remove: (repository) => table.remove(watchedItem(repository)),
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
