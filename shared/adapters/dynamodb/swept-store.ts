import * as z from 'zod/mini';
import type { Execution } from '../../domain/execution.ts';
import type { SweptExecution } from '../../domain/retention.ts';
import type { ExecutionStore } from '../../ports/execution-store.ts';
import { approvalItem, digestExecutions, executionItem, executionPartition, executionSort } from './execution-items.ts';
import { itemKind } from './item.ts';
import type { ItemKey } from './key.ts';
import { mergedPage } from './merged-pages.ts';
import { type Attributes, keyAttributes } from './operations.ts';
import type { Table } from './table.ts';

const text = z.string().check(z.minLength(1));
const sweptKind = itemKind<SweptExecution>('sweptExecution', {
  id: text,
  pipeline: text,
  pipelineVersion: text,
  attempt: z.number(),
  createdAt: z.number(),
});

const sweptItem = (id: string) => ({ pk: executionPartition(id), sk: 'SWEPT' });
const sweeping = 'SWEEPING';

export function createSweptStore(table: Table) {
  return {
    async sweep(execution, swept) {
      // The note first: whoever finds no execution finds it, and a crash after it leaves what `sweeping` lists.
      const indexes = { gsi1: [sweeping, swept.id] } as const;
      await table.put(sweptKind, sweptItem(swept.id), { value: swept, indexes });
      if (await removeExecution(table, execution)) return true;
      await table.remove(sweptItem(swept.id));
      return false;
    },
    async swept(id) {
      const found = await table.find(sweptKind, sweptItem(id));
      if (found === undefined) return undefined;
      return (await table.operations.get(executionItem(id))) === undefined ? found : undefined;
    },
    sweeping: (page) =>
      mergedPage(table, sweptKind, { page, list: { index: 'gsi1', partitions: [sweeping], order: 'ascending' } }),
    async clear(swept) {
      // Gone on since, or never taken away: the walk meets it again.
      if ((await table.operations.get(executionItem(swept.id))) !== undefined) return table.remove(sweptItem(swept.id));
      await removeEach(table, await clearedKeys(table, swept));
      const { left: _, ...kept } = swept;
      await table.put(sweptKind, sweptItem(swept.id), { value: kept });
    },
  } satisfies Partial<ExecutionStore>;
}

async function removeExecution(table: Table, { id, rev }: Execution): Promise<boolean> {
  const outcome = await table.operations.remove({
    Key: keyAttributes(executionItem(id)),
    ConditionExpression: 'rev = :rev',
    ExpressionAttributeValues: { ':rev': { N: String(rev) } },
  });
  // Somebody else's sweep has taken it: the rest is done by either.
  return outcome.written || (await table.operations.get(executionItem(id))) === undefined;
}

/** Ledger and evidence, approvals, look-ups. Proofs are in the same partition and stay. */
async function clearedKeys(table: Table, { id, createdAt, left }: SweptExecution): Promise<readonly ItemKey[]> {
  const partition = executionPartition(id);
  const own = [...(await keysBelow(table, partition, 'NODE#')), ...(await keysBelow(table, partition, 'EVIDENCE#'))];
  const sort = executionSort({ id, createdAt });
  const lookUps = (left?.versions ?? []).map((version) => ({ pk: digestExecutions(version), sk: sort }));
  return [...own, ...(left?.approvals ?? []).map(approvalItem), ...lookUps];
}

async function keysBelow(table: Table, pk: string, prefix: string): Promise<readonly ItemKey[]> {
  const keys: ItemKey[] = [];
  let last: Attributes | undefined;
  do {
    const answer = await table.operations.query({
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': { S: pk }, ':prefix': { S: prefix } },
      ConsistentRead: true,
      ...(last === undefined ? {} : { ExclusiveStartKey: last }),
    });
    keys.push(...answer.items.map((item) => ({ pk, sk: item.sk?.S ?? '' })));
    last = answer.last;
  } while (last !== undefined);
  return keys;
}

const removedAtOnce = 10;

async function removeEach(table: Table, keys: readonly ItemKey[]): Promise<void> {
  for (let from = 0; from < keys.length; from += removedAtOnce) {
    await Promise.all(keys.slice(from, from + removedAtOnce).map((itemKey) => table.remove(itemKey)));
  }
}
