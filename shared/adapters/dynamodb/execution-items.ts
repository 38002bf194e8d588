import * as z from 'zod/mini';
import type { Approval } from '../../domain/approval.ts';
import type { Claim, Evidence, Execution, LedgerNode } from '../../domain/execution.ts';
import { openStatuses } from '../../domain/execution.ts';
import { isListed } from '../../domain/ledger.ts';
import { type IndexKeys, itemKind } from './item.ts';
import { key, shardOf, shards, timeKey } from './key.ts';
import type { ProofBody } from './proof-body.ts';

const rev = z.int().check(z.positive());
const id = z.string().check(z.minLength(1));

export const claimKind = itemKind<Claim>('claim', { key: id, pipeline: id, executionId: id, order: id });
export const executionKind = itemKind<Execution>('execution', {
  id,
  pipeline: id,
  status: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'superseded']),
  createdAt: z.number(),
  rev,
});
export const nodeKind = itemKind<LedgerNode>('node', {
  execution: id,
  name: id,
  status: z.enum(['notStarted', 'waiting', 'running', 'succeeded', 'failed', 'skipped', 'cancelled']),
  rev,
});
export const evidenceKind = itemKind<Evidence>('evidence', { name: id, at: z.number(), kind: id });
export const approvalKind = itemKind<Approval>('approval', {
  id,
  executionId: id,
  status: id,
  expiresAt: z.number(),
  rev,
});
export const proofKind = itemKind<ProofBody>('proof', {
  envelope: z.union([z.string(), z.looseObject({})]),
  payload: z.optional(z.string()),
  statement: z.optional(z.looseObject({})),
});
/** Points from a name (a digest, a callback token's hash) to a node or an execution. */
export const nodePointerKind = itemKind<{ readonly execution: string; readonly node: string }>('nodePointer', {
  execution: id,
  node: id,
});
export const executionPointerKind = itemKind<{ readonly execution: string }>('executionPointer', { execution: id });

export const claimItem = (claimKey: string) => ({ pk: key('CLAIM', claimKey), sk: 'CLAIM' });
export const buildNumberItem = (pipeline: string) => ({ pk: key('BUILDNUMBER', pipeline), sk: 'BUILDNUMBER' });
/** An execution, its ledger, its evidence and its proofs share a partition. */
export const executionPartition = (execution: string) => key('EXEC', execution);
export const executionItem = (execution: string) => ({ pk: executionPartition(execution), sk: 'EXEC' });
export const nodeItem = (execution: string, name: string) => ({
  pk: executionPartition(execution),
  sk: key('NODE', name),
});
export const evidenceItem = (execution: string, name: string) => ({
  pk: executionPartition(execution),
  sk: key('EVIDENCE', name),
});
export const proofItem = (execution: string, attempt: number) => ({
  pk: executionPartition(execution),
  sk: key('PROOF', String(attempt)),
});
export const approvalItem = (approval: string) => ({ pk: key('APPROVAL', approval), sk: 'APPROVAL' });
export const callbackItem = (tokenHash: string) => ({ pk: key('CALLBACK', tokenHash), sk: 'CALLBACK' });
export const factWaitPartition = (digest: string) => key('FACTWAIT', digest);

/** Place of an execution in every list by time. */
export function executionSort(execution: Pick<Execution, 'createdAt' | 'id'>): string {
  return `${timeKey(execution.createdAt)}#${execution.id}`;
}

export const pipelineExecutions = (pipeline: string) => key('EXECS', pipeline);
export const digestExecutions = (digest: string) => key('EXECDIG', digest);
/** Open ones are many at once and change often: sharded. Each ended status is one partition. */
export const openExecutions: readonly string[] = shards.map((shard) => key('EXECSTATUS', 'open', shard));
export const endedExecutions = (status: string) => key('EXECSTATUS', status);

export function executionIndexes(execution: Execution): IndexKeys {
  const isOpen = openStatuses.includes(execution.status);
  const statusPartition = isOpen ? key('EXECSTATUS', 'open', shardOf(execution.id)) : endedExecutions(execution.status);
  const sort = executionSort(execution);
  return { gsi1: [pipelineExecutions(execution.pipeline), sort], gsi2: [statusPartition, sort] };
}

/** Listed parked nodes are found by when to ask again. */
export const parkedPartitions: readonly string[] = shards.map((shard) => key('PARKED', shard));

export function nodeIndexes(node: LedgerNode): IndexKeys {
  if (!isListed(node.park)) return {};
  const name = key(node.execution, node.name);
  return { gsi2: [key('PARKED', shardOf(name)), `${timeKey(node.park.wakeAt)}#${name}`] };
}

export const approvalsPartition = (status: string) => key('APPROVALS', status);

export function approvalIndexes(approval: Approval): IndexKeys {
  return { gsi1: [approvalsPartition(approval.status), `${timeKey(approval.requestedAt)}#${approval.id}`] };
}
