import type { Head } from '../../domain/environment.ts';
import { Failure } from '../../domain/failure.ts';
import type { DeployIntent, EnvironmentStore } from '../../ports/environment-store.ts';
import {
  arrivalItem,
  arrivalKind,
  arrivalPartition,
  environmentKind,
  environmentsPartition,
  headItem,
  headKind,
  headPartition,
  historyItem,
  historyKind,
  historyPartition,
  intentItem,
  intentKind,
  type StoredHead,
  verifiedByRevision,
  verifiedIndexes,
  verifiedItem,
  verifiedKind,
  verifiedPartition,
} from './environment-items.ts';
import { createLockStore } from './environment-lock.ts';
import { key } from './key.ts';
import { mergedEntries, mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

export function createEnvironmentStore(table: Table): EnvironmentStore {
  return {
    ...headCalls(table),
    ...verifiedCalls(table),
    ...createLockStore(table),
    ...arrivalCalls(table),
    ...intentCalls(table),
  };
}

function headCalls(table: Table) {
  return {
    async environments() {
      return (await table.list(environmentKind, environmentsPartition)).map(({ environment }) => environment);
    },
    async heads(environment, pipeline) {
      const prefix = pipeline === undefined ? undefined : `${key(pipeline)}#`;
      return (await table.list(headKind, headPartition(environment), prefix)).map(headOf);
    },
    moveHead: (head) => moveHead(table, head),
    history: (environment, page) =>
      mergedPage(table, historyKind, {
        page,
        list: { partitions: [historyPartition(environment)], order: 'descending' },
      }),
  } satisfies Partial<EnvironmentStore>;
}

const rounds = 64;

/**
 * Name of the environment, head, history. The history says exactly what the head says, and the head is not replaced before it
 * does: a process that dies between them is made good by its replay, which finds its own head, or by whoever moves it next.
 */
async function moveHead(table: Table, head: Head): ReturnType<EnvironmentStore['moveHead']> {
  for (let round = 0; round < rounds; round += 1) {
    const seen = await table.find(headKind, headItem(head));
    if (seen !== undefined && seen.order > head.order) return { kind: 'newer', head: headOf(seen) };
    if (seen !== undefined) await keepHistory(table, seen);
    if (seen !== undefined && isSameDeployment(seen, head)) return { kind: 'moved' };
    if (seen === undefined) await nameEnvironment(table, head.environment);
    const since = seen?.digest === head.digest ? seen.since : head.since;
    const value = { ...head, since, at: head.since, rev: seen?.rev ?? 0 };
    const saved = await table.save(headKind, headItem(head), { value });
    if (saved === undefined) continue;
    await addHistory(table, saved);
    return { kind: 'moved' };
  }
  throw new Failure('conflict', `The head of ${head.pipeline} in ${head.environment} changed too often.`);
}

/** Looks first: it is nearly always there, and a put that is refused costs as much as one that is not. */
async function keepHistory(table: Table, head: StoredHead): Promise<void> {
  if ((await table.find(historyKind, historyItem(head))) === undefined) await addHistory(table, head);
}

async function addHistory(table: Table, head: StoredHead): Promise<void> {
  await table.create(historyKind, historyItem(head), { value: { ...headOf(head), since: head.at } });
}

function isSameDeployment(a: Head, b: Head): boolean {
  return a.executionId === b.executionId && a.digest === b.digest;
}

async function nameEnvironment(table: Table, environment: string): Promise<void> {
  const itemKey = { pk: environmentsPartition, sk: key(environment) };
  await table.put(environmentKind, itemKey, { value: { environment } });
}

function headOf({ rev: _, at: __, ...head }: StoredHead): Head {
  return head;
}

const verifiedPerRevision = 200;

function verifiedCalls(table: Table) {
  return {
    async addVerified(deployment) {
      const item = { value: deployment, indexes: verifiedIndexes(deployment) };
      await table.create(verifiedKind, verifiedItem(deployment), item);
    },
    verifiedByDigest: (environment, digest) => table.list(verifiedKind, verifiedPartition(environment, digest)),
    /** The newest 200: it is asked whether there was one. */
    async verifiedByRevision(environment, repository, revision) {
      const partitions = [verifiedByRevision(environment, repository, revision)];
      const list = { index: 'gsi1', partitions, order: 'descending' } as const;
      const entries = await mergedEntries(table, list, { limit: verifiedPerRevision });
      return table.findAll(
        verifiedKind,
        entries.map((entry) => entry.key),
      );
    },
  } satisfies Partial<EnvironmentStore>;
}

function arrivalCalls(table: Table) {
  return {
    arrive: (arrival) => table.put(arrivalKind, arrivalItem(arrival), { value: arrival }),
    leave: (arrival) => table.remove(arrivalItem(arrival)),
    arrivals: (environment, pipeline) => table.list(arrivalKind, arrivalPartition(environment, pipeline)),
  } satisfies Partial<EnvironmentStore>;
}

function intentCalls(table: Table) {
  return {
    async intend(head, intent, replacing) {
      const next = inOrder(intent);
      for (let round = 0; round < rounds; round += 1) {
        const seen = await table.find(intentKind, intentItem(head));
        if (seen !== undefined && isSame(seen, intent)) return { kind: 'intended' };
        if (seen !== undefined && (replacing === undefined || !isSame(seen, replacing))) {
          return { kind: 'other', intent: seen };
        }
        if (await table.swap(intentKind, intentItem(head), { seen, next })) return { kind: 'intended' };
      }
      throw new Failure('conflict', `The intent of ${head.step} in ${head.environment} changed too often.`);
    },
    async unintend(head, intent) {
      await table.swap(intentKind, intentItem(head), { seen: inOrder(intent), next: undefined });
    },
  } satisfies Partial<EnvironmentStore>;
}

/** The fields in one order, and no others: intents are compared as text. */
function inOrder({ order, executionId, node }: DeployIntent): DeployIntent {
  return { order, executionId, node };
}

function isSame(a: DeployIntent, b: DeployIntent): boolean {
  return a.order === b.order && a.executionId === b.executionId && a.node === b.node;
}
