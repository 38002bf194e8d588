import * as z from 'zod/mini';
import type { Receiver } from '../../domain/receiver.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ReceiverStore } from '../../ports/receiver-store.ts';
import { itemKind } from './item.ts';
import { key } from './key.ts';
import { keyAttributes } from './operations.ts';
import { createShortCache } from './short-cache.ts';
import type { Table } from './table.ts';

const text = z.string().check(z.minLength(1));
const receiverKind = itemKind<Receiver>('receiver', {
  name: text,
  type: text,
  hookId: text,
  repositories: z.array(z.string()),
  rev: z.int().check(z.positive()),
});
const hookKind = itemKind<{ readonly name: string }>('hook', { name: text });

/** Receivers are few, and the hot path caches them: one partition lists them consistently. */
const receivers = 'RECEIVERS';
const receiverItem = (name: string) => ({ pk: receivers, sk: key(name) });
const hookItem = (hookId: string) => ({ pk: key('HOOK', hookId), sk: 'HOOK' });
/** Apart from the receivers: a flood of refused proofs must not slow down reading them. */
const countsItem = (name: string) => ({ pk: key('RECEIVERCOUNTS', name), sk: 'COUNTS' });

type Count = 'refusedProofs' | 'failures' | 'gaps';

export function createReceiverStore(table: Table, clock: Clock): ReceiverStore {
  const byHook = createShortCache<Receiver>(clock);
  return {
    async save(receiver) {
      // The hook first: one that leads to a receiver with another hook id is nobody's.
      await table.put(hookKind, hookItem(receiver.hookId), { value: { name: receiver.name } });
      const saved = await table.save(receiverKind, receiverItem(receiver.name), { value: receiver });
      byHook.clear();
      return saved;
    },
    async find(name) {
      const receiver = await table.find(receiverKind, receiverItem(name));
      return receiver === undefined ? undefined : withCounts(table, receiver);
    },
    findByHook: (hookId) => byHook.get(hookId, () => loadByHook(table, hookId)),
    async list() {
      const all = await table.list(receiverKind, receivers);
      return Promise.all(all.map((receiver) => withCounts(table, receiver)));
    },
    async remove(name) {
      const receiver = await table.find(receiverKind, receiverItem(name));
      await table.remove(receiverItem(name));
      if (receiver !== undefined) await table.remove(hookItem(receiver.hookId));
      await table.remove(countsItem(name));
      byHook.clear();
    },
    countRefusedProof: (name) => countUp(table, name, 'refusedProofs'),
    countFailure: (name) => countUp(table, name, 'failures'),
    countGap: (name, at) => countUp(table, name, 'gaps', { lastGapAt: at }),
  };
}

async function loadByHook(table: Table, hookId: string): Promise<Receiver | undefined> {
  const hook = await table.find(hookKind, hookItem(hookId));
  if (hook === undefined) return undefined;
  const receiver = await table.find(receiverKind, receiverItem(hook.name));
  return receiver?.hookId === hookId ? receiver : undefined;
}

async function withCounts(table: Table, receiver: Receiver): Promise<Receiver> {
  const counts = await table.operations.get(countsItem(receiver.name));
  const count = (name: Count | 'lastGapAt') => Number(counts?.[name]?.N ?? 0);
  const gaps = count('gaps');
  return {
    ...receiver,
    refusedProofs: count('refusedProofs'),
    failures: count('failures'),
    ...(gaps === 0 ? {} : { gaps, lastGapAt: count('lastGapAt') }),
  };
}

/** Adding needs no condition: the engine adds each call's one, in any order. */
async function countUp(
  table: Table,
  name: string,
  count: Count,
  beside: Readonly<Record<string, number>> = {},
): Promise<void> {
  const set = Object.entries(beside);
  await table.operations.update({
    Key: keyAttributes(countsItem(name)),
    UpdateExpression: `ADD #count :one${set.map((_, index) => ` SET #s${index} = :s${index}`).join('')}`,
    ExpressionAttributeNames: {
      '#count': count,
      ...Object.fromEntries(set.map(([attribute], index) => [`#s${index}`, attribute])),
    },
    ExpressionAttributeValues: {
      ':one': { N: '1' },
      ...Object.fromEntries(set.map(([, value], index) => [`:s${index}`, { N: String(value) }])),
    },
  });
}
