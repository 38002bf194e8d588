import * as z from 'zod/mini';
import type { Delivery, Match } from '../../domain/delivery.ts';
import { addOutcomes } from '../../domain/outcomes.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeliveryStore } from '../../ports/delivery-store.ts';
import { type IndexKeys, itemKind } from './item.ts';
import { key, shardOf, shards, timeKey } from './key.ts';
import { type MergedList, mergedEntries, mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

const text = z.string().check(z.minLength(1));
const rev = z.int().check(z.positive());
const deliveryKind = itemKind<Delivery>('delivery', {
  id: text,
  receiver: text,
  receivedAt: z.number(),
  status: z.enum(['pending', 'processed', 'failed']),
  events: z.array(z.looseObject({ kind: text })),
  rev,
});
const matchKind = itemKind<StoredMatch>('match', {
  deliveryId: text,
  pipeline: z.string(),
  reason: text,
  status: z.enum(['pending', 'done', 'failed']),
  rev,
});

/** A match knows its delivery, so that due ones lead back to it. */
type StoredMatch = Match & { readonly deliveryId: string };

const keptFor = 30 * 24 * 3_600_000;
const partition = (id: string) => key('DELIVERY', id);
const deliveryItem = (id: string) => ({ pk: partition(id), sk: 'DELIVERY' });
const pendingPartitions = shards.map((shard) => key('PENDING', shard));
const duePartitions = shards.map((shard) => key('DUE', shard));

export function createDeliveryStore(table: Table, clock: Clock): DeliveryStore {
  return {
    async accept(delivery) {
      const made = await table.create(deliveryKind, deliveryItem(delivery.id), deliveryWrite({ ...delivery, rev: 1 }));
      return made.kind === 'created' ? { kind: 'accepted' } : { kind: 'known', delivery: made.value };
    },
    find: (id) => table.find(deliveryKind, deliveryItem(id)),
    save: (delivery) => table.save(deliveryKind, deliveryItem(delivery.id), deliveryWrite(delivery)),
    list: ({ receivers, since, ...page }) =>
      mergedPage(table, deliveryKind, {
        page,
        list: {
          index: 'gsi1',
          partitions: [...new Set(receivers)].map((receiver) => key('RECEIVED', receiver)),
          order: 'descending',
          ...(since === undefined ? {} : { from: timeKey(since) }),
        },
      }),
    async pending(before, limit) {
      const list: MergedList = {
        index: 'gsi2',
        partitions: pendingPartitions,
        order: 'ascending',
        below: timeKey(before),
      };
      const keep = (delivery: Delivery) => delivery.status === 'pending';
      const { items } = await mergedPage(table, deliveryKind, { list, page: { limit }, keep });
      return items.map((delivery) => delivery.id);
    },
    async saveMatch(deliveryId, match) {
      const value = { ...match, deliveryId };
      const indexes = matchIndexes(value);
      const expiresAt = clock.now() + keptFor;
      const saved = await table.save(matchKind, matchItem(deliveryId, match), { value, indexes, expiresAt });
      return saved === undefined ? undefined : withoutDelivery(saved);
    },
    matches: async (deliveryId) => (await findWithMatches(table, deliveryId)).matches,
    findWithMatches: (id) => findWithMatches(table, id),
    dueMatches: (now, limit) => dueMatches(table, now, limit),
  };
}

async function findWithMatches(table: Table, id: string): ReturnType<DeliveryStore['findWithMatches']> {
  const [[delivery], rows] = await table.listBoth([deliveryKind, matchKind], partition(id));
  return { delivery, matches: addOutcomes(rows.map(withoutDelivery), delivery?.outcomes ?? []) };
}

function deliveryWrite(delivery: Delivery) {
  return { value: delivery, indexes: deliveryIndexes(delivery), expiresAt: delivery.receivedAt + keptFor };
}

function deliveryIndexes(delivery: Delivery): IndexKeys {
  const sort = `${timeKey(delivery.receivedAt)}#${key(delivery.id)}`;
  const received = [key('RECEIVED', delivery.receiver), sort] as const;
  if (delivery.status !== 'pending') return { gsi1: received };
  return { gsi1: received, gsi2: [key('PENDING', shardOf(delivery.id)), sort] };
}

function matchItem(deliveryId: string, match: Match) {
  const event = String(match.event).padStart(6, '0');
  return { pk: partition(deliveryId), sk: key('MATCH', event, match.pipeline, match.source) };
}

function matchIndexes(match: StoredMatch): IndexKeys {
  if (match.status !== 'pending') return {};
  const { sk } = matchItem(match.deliveryId, match);
  const name = key(match.deliveryId, sk);
  return { gsi2: [key('DUE', shardOf(name)), `${timeKey(match.nextAt ?? 0)}#${name}`] };
}

function withoutDelivery({ deliveryId: _, ...match }: StoredMatch): Match {
  return match;
}

/** Reads until `limit` different deliveries are found: one delivery may have many due matches. */
async function dueMatches(table: Table, now: number, limit: number): Promise<readonly string[]> {
  const list: MergedList = { index: 'gsi2', partitions: duePartitions, order: 'ascending', below: timeKey(now + 1) };
  const due = new Set<string>();
  for (let after: string | undefined; ; ) {
    const entries = await mergedEntries(table, list, { after, limit });
    const matches = await table.findAll(
      matchKind,
      entries.map((entry) => entry.key),
    );
    for (const match of matches) if (match.status === 'pending') due.add(match.deliveryId);
    if (entries.length < limit || due.size >= limit) return [...due].slice(0, limit);
    after = entries.at(-1)?.sort;
  }
}
