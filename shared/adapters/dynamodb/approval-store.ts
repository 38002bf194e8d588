import type { Approval } from '../../domain/approval.ts';
import type { ExecutionStore } from '../../ports/execution-store.ts';
import { approvalIndexes, approvalItem, approvalKind, approvalsPartition } from './execution-items.ts';
import { type MergedList, mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

export function createApprovalStore(table: Table) {
  return {
    async createApproval(approval) {
      const value = { ...approval, rev: 1 };
      const item = { value, indexes: approvalIndexes(value) };
      const made = await table.create(approvalKind, approvalItem(approval.id), item);
      return made.kind === 'created' ? made : { kind: 'known', approval: made.value };
    },
    approval: (id) => table.find(approvalKind, approvalItem(id)),
    saveApproval: (approval) =>
      table.save(approvalKind, approvalItem(approval.id), { value: approval, indexes: approvalIndexes(approval) }),
    approvals({ status, ...page }) {
      const list: MergedList = { index: 'gsi1', partitions: [approvalsPartition(status)], order: 'descending' };
      return mergedPage(table, approvalKind, { list, page, keep: (approval: Approval) => approval.status === status });
    },
  } satisfies Partial<ExecutionStore>;
}
