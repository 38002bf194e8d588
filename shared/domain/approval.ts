import type { Digest } from './digest.ts';

export interface ApprovalArtifact {
  readonly name: string;
  readonly tag?: string;
  readonly digest: Digest;
}

export interface ApprovalDecision {
  readonly subject: string;
  readonly decision: 'approve' | 'reject';
  readonly at: number;
  readonly comment?: string;
  readonly digests: readonly Digest[];
}

export type ApprovalStatus = 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled' | 'superseded';

/** An approval asks people for a set of digests, never for a tag. */
export interface Approval {
  /** Derived from execution, stage, gate and attempt. */
  readonly id: string;
  readonly executionId: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly environment?: string;
  readonly attempt: number;
  /** Index of the gate in its stage, from 0. */
  readonly gate: number;
  readonly artifacts: readonly ApprovalArtifact[];
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly groups: readonly string[];
  readonly count: number;
  readonly forbidSelf: boolean;
  /** Token subjects that may not approve where `forbidSelf` (ruling 9). */
  readonly self: readonly string[];
  readonly status: ApprovalStatus;
  readonly decisions: readonly ApprovalDecision[];
  readonly endedAt?: number;
  readonly rev: number;
}
