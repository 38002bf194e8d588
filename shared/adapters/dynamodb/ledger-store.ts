import type { LedgerNode } from '../../domain/execution.ts';
import { isListed } from '../../domain/ledger.ts';
import type { ExecutionStore } from '../../ports/execution-store.ts';
import {
  callbackItem,
  evidenceItem,
  evidenceKind,
  executionPartition,
  factWaitPartition,
  nodeIndexes,
  nodeItem,
  nodeKind,
  nodePointerKind,
  parkedPartitions,
  proofItem,
  proofKind,
} from './execution-items.ts';
import { key } from './key.ts';
import { type MergedList, mergedPage } from './merged-pages.ts';
import { keyAttributes } from './operations.ts';
import { proofBody, proofEnvelope } from './proof-body.ts';
import type { Table } from './table.ts';

/** An execution's nodes, evidence and proofs, and what wakes its nodes. */
export function createLedgerStore(table: Table) {
  return { ...nodeCalls(table), ...pointerCalls(table), ...proofCalls(table) };
}

function nodeCalls(table: Table) {
  return {
    async nodes(execution, names) {
      const keys = names.map((name) => nodeItem(execution, name));
      const nodes = await table.findAll(nodeKind, keys);
      return new Map(nodes.map((node) => [node.name, node]));
    },
    allNodes: (execution) => table.list(nodeKind, executionPartition(execution), 'NODE#'),
    saveNode: (node) =>
      table.save(nodeKind, nodeItem(node.execution, node.name), { value: node, indexes: nodeIndexes(node) }),
    async removeNode({ execution, name, rev }) {
      const removed = await table.operations.remove({
        Key: keyAttributes(nodeItem(execution, name)),
        ConditionExpression: 'attribute_not_exists(pk) OR rev = :rev',
        ExpressionAttributeValues: { ':rev': { N: String(rev) } },
      });
      return removed.written;
    },
    async parked(page) {
      const list: MergedList = { index: 'gsi2', partitions: parkedPartitions, order: 'ascending' };
      const keep = (node: LedgerNode) => isListed(node.park);
      const { items, next } = await mergedPage(table, nodeKind, { list, page, keep });
      return { items: items.flatMap(parkedNode), ...(next === undefined ? {} : { next }) };
    },
  } satisfies Partial<ExecutionStore>;
}

function parkedNode(node: LedgerNode) {
  return node.park === undefined ? [] : [{ execution: node.execution, node: node.name, wakeAt: node.park.wakeAt }];
}

function pointerCalls(table: Table) {
  return {
    async putFactWait(digest, execution, node, expiresAt) {
      const itemKey = { pk: factWaitPartition(digest), sk: key(execution, node) };
      await table.put(nodePointerKind, itemKey, { value: { execution, node }, expiresAt });
    },
    factWaits: (digest) => table.list(nodePointerKind, factWaitPartition(digest)),
    async putCallback(tokenHash, execution, node, expiresAt) {
      await table.put(nodePointerKind, callbackItem(tokenHash), { value: { execution, node }, expiresAt });
    },
    findCallback: (tokenHash) => table.find(nodePointerKind, callbackItem(tokenHash)),
  } satisfies Partial<ExecutionStore>;
}

function proofCalls(table: Table) {
  return {
    async addEvidence(execution, evidence) {
      await table.create(evidenceKind, evidenceItem(execution, evidence.name), { value: evidence });
    },
    evidence: (execution) => table.list(evidenceKind, executionPartition(execution), 'EVIDENCE#'),
    async putProof(execution, attempt, proof) {
      await table.create(proofKind, proofItem(execution, attempt), { value: proofBody(proof) });
    },
    async proof(execution, attempt) {
      const found = await table.find(proofKind, proofItem(execution, attempt));
      return found === undefined ? undefined : proofEnvelope(found);
    },
  } satisfies Partial<ExecutionStore>;
}
