import type { Approval, ApprovalStatus } from '../domain/approval.ts';
import type { Claim, Evidence, Execution, ExecutionStatus, LedgerNode } from '../domain/execution.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import type { SweptExecution } from '../domain/retention.ts';

export interface ExecutionStore {
  /** Put if absent by key, for ever. */
  claim(claim: Claim): Promise<{ readonly kind: 'claimed' } | { readonly kind: 'known'; readonly claim: Claim }>;
  findClaim(key: string): Promise<Claim | undefined>;
  /** 1, 2, 3 … per pipeline; the execution that asked last gets the same number again. */
  nextBuildNumber(pipeline: string, executionId: string): Promise<number>;

  /** Put if absent by id. Also found by pipeline and time, by status, and by each bound digest. */
  create(
    execution: Execution,
  ): Promise<{ readonly kind: 'created' } | { readonly kind: 'known'; readonly execution: Execution }>;
  /** Consistent. */
  find(id: string): Promise<Execution | undefined>;
  /** Writes if `rev` is the stored one; undefined on conflict. */
  save(execution: Execution): Promise<Execution | undefined>;
  /** Newest first; `createdAt` decides. Filters combine; without any: all. */
  list(
    query: PageRequest & { readonly pipeline?: string; readonly status?: ExecutionStatus; readonly digest?: string },
  ): Promise<Page<Execution>>;
  /** Ids of executions that are queued or running, oldest first; every shard. */
  open(page: PageRequest): Promise<Page<string>>;

  /** Consistent; names that do not exist are absent. */
  nodes(execution: string, names: readonly string[]): Promise<ReadonlyMap<string, LedgerNode>>;
  /** Every node of the execution; consistent. */
  allNodes(execution: string): Promise<readonly LedgerNode[]>;
  /** Writes if `rev` is the stored one (0 = absent); undefined on conflict. One whose `park` is listed is found by `parked`. */
  saveNode(node: LedgerNode): Promise<LedgerNode | undefined>;
  /** Removes it where `rev` stands or nothing does; false = something else stands there. */
  removeNode(node: Pick<LedgerNode, 'execution' | 'name' | 'rev'>): Promise<boolean>;
  /** Listed parked nodes in the order of their wake times; pages over every shard. */
  parked(
    page: PageRequest,
  ): Promise<Page<{ readonly execution: string; readonly node: string; readonly wakeAt: number }>>;

  /** Stages parked on facts of a digest, so that a fact can wake them. Put if absent; expires by itself. */
  putFactWait(digest: string, execution: string, node: string, expiresAt: number): Promise<void>;
  factWaits(digest: string): Promise<readonly { readonly execution: string; readonly node: string }[]>;

  /** sha256 of a callback token -> the step that waits for it. */
  putCallback(tokenHash: string, execution: string, node: string, expiresAt: number): Promise<void>;
  findCallback(tokenHash: string): Promise<{ readonly execution: string; readonly node: string } | undefined>;

  /** Put if absent by name. */
  addEvidence(execution: string, evidence: Evidence): Promise<void>;
  evidence(execution: string): Promise<readonly Evidence[]>;

  /** Put if absent by (execution, attempt); kept for ever. `proof` is the DSSE envelope as JSON text. */
  putProof(execution: string, attempt: number, proof: string): Promise<void>;
  proof(execution: string, attempt: number): Promise<string | undefined>;

  /** Put if absent by id. */
  createApproval(
    approval: Approval,
  ): Promise<{ readonly kind: 'created' } | { readonly kind: 'known'; readonly approval: Approval }>;
  approval(id: string): Promise<Approval | undefined>;
  /** Writes if `rev` is the stored one; undefined on conflict. */
  saveApproval(approval: Approval): Promise<Approval | undefined>;
  /** Newest first. */
  approvals(query: PageRequest & { readonly status: ApprovalStatus }): Promise<Page<Approval>>;

  /**
   * Takes an ended execution out of every list, if it still is at `rev`; false = it changed meanwhile and stays. What is `left` is
   * taken away by `clear`; until then it is among `sweeping`, so that a crash in between is made good.
   */
  sweep(execution: Execution, swept: SweptExecution): Promise<boolean>;
  /** Undefined for one that is there or never was; consistent. */
  swept(id: string): Promise<SweptExecution | undefined>;
  sweeping(page: PageRequest): Promise<Page<SweptExecution>>;
  /** Ledger, evidence, approvals, look-ups; proofs stay. Idempotent. */
  clear(swept: SweptExecution): Promise<void>;
}
