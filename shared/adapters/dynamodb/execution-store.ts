import { type Execution, openStatuses } from '../../domain/execution.ts';
import type { Page } from '../../domain/page.ts';
import type { ExecutionStore } from '../../ports/execution-store.ts';
import { createApprovalStore } from './approval-store.ts';
import { nextBuildNumber } from './build-number.ts';
import {
  claimItem,
  claimKind,
  digestExecutions,
  endedExecutions,
  executionIndexes,
  executionItem,
  executionKind,
  executionPointerKind,
  executionSort,
  openExecutions,
  pipelineExecutions,
} from './execution-items.ts';
import { createLedgerStore } from './ledger-store.ts';
import { type Entry, type MergedList, mergedPage } from './merged-pages.ts';
import { createSweptStore } from './swept-store.ts';
import type { Table } from './table.ts';

export function createExecutionStore(table: Table): ExecutionStore {
  return {
    ...createLedgerStore(table),
    ...createApprovalStore(table),
    ...createSweptStore(table),
    ...executionCalls(table),
  };
}

function executionCalls(table: Table) {
  return {
    async claim(claim) {
      const made = await table.create(claimKind, claimItem(claim.key), { value: claim });
      return made.kind === 'created' ? { kind: 'claimed' } : { kind: 'known', claim: made.value };
    },
    findClaim: (key) => table.find(claimKind, claimItem(key)),
    nextBuildNumber: (pipeline, executionId) => nextBuildNumber(table, pipeline, executionId),
    async create(execution) {
      // Lookups first: one that leads nowhere is dropped by `list`, a missing one would hide the execution.
      await putDigestLookups(table, execution);
      const value = { ...execution, rev: 1 };
      const item = { value, indexes: executionIndexes(value) };
      const made = await table.create(executionKind, executionItem(execution.id), item);
      return made.kind === 'created' ? made : { kind: 'known', execution: made.value };
    },
    find: (id) => table.find(executionKind, executionItem(id)),
    async save(execution) {
      // A retry of a failed start has bound something since it was created.
      if (execution.status === 'queued' && execution.attempt > 1) await putDigestLookups(table, execution);
      const item = { value: execution, indexes: executionIndexes(execution) };
      return table.save(executionKind, executionItem(execution.id), item);
    },
    list: (query) => listExecutions(table, query),
    async open(page) {
      const list: MergedList = { index: 'gsi2', partitions: openExecutions, order: 'ascending' };
      const keep = (execution: Execution) => openStatuses.includes(execution.status);
      const { items, next } = await mergedPage(table, executionKind, { list, page, keep });
      return { items: items.map((execution) => execution.id), ...(next === undefined ? {} : { next }) };
    },
  } satisfies Partial<ExecutionStore>;
}

async function putDigestLookups(table: Table, execution: Execution): Promise<void> {
  const value = { execution: execution.id };
  const sk = executionSort(execution);
  const puts = boundDigests(execution).map((digest) =>
    table.put(executionPointerKind, { pk: digestExecutions(digest), sk }, { value }),
  );
  await Promise.all(puts);
}

/** An image's version is its digest; a file is found by its version, too. */
function boundDigests(execution: Execution): readonly string[] {
  const versions = execution.bound.map((bound) => bound.artifact.version).filter((version) => version !== undefined);
  return [...new Set(versions)];
}

type ListQuery = Parameters<ExecutionStore['list']>[0];

async function listExecutions(table: Table, query: ListQuery): Promise<Page<Execution>> {
  return mergedPage(table, executionKind, {
    list: listFor(query),
    page: query,
    keyOf: (entry) => executionItem(executionOf(entry)),
    keep: (execution) =>
      (query.pipeline === undefined || execution.pipeline === query.pipeline) &&
      (query.status === undefined || execution.status === query.status) &&
      (query.digest === undefined || boundDigests(execution).includes(query.digest)),
  });
}

/** The narrowest list first; `keep` applies the other filters. */
function listFor(query: ListQuery): MergedList {
  const order = 'descending';
  if (query.digest !== undefined) return { partitions: [digestExecutions(query.digest)], order };
  if (query.pipeline !== undefined) return { index: 'gsi1', partitions: [pipelineExecutions(query.pipeline)], order };
  return { index: 'gsi2', partitions: statusPartitions(query.status), order };
}

function statusPartitions(status: Execution['status'] | undefined): readonly string[] {
  const ended = (['succeeded', 'failed', 'cancelled', 'superseded'] as const).map(endedExecutions);
  if (status === undefined) return [...openExecutions, ...ended];
  return openStatuses.includes(status) ? openExecutions : [endedExecutions(status)];
}

function executionOf(entry: Entry): string {
  return entry.sort.slice(entry.sort.indexOf('#') + 1);
}
