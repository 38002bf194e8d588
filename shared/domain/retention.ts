import type { StoredContent } from './content.ts';
import { contentReference, parseContentReference } from './content.ts';
import type { BoundArtifact, Execution } from './execution.ts';
import { isOpen } from './execution.ts';
import type { PipelineDefinition } from './pipeline.ts';

export const dayMs = 86_400_000;
const defaults = { days: 30, keep: 10, contentDays: 7 } as const;

export interface RetentionRule {
  /** Executions, after their end. */
  readonly days: number;
  /** Good ones that stay in each environment, however old. */
  readonly keep: number;
}

export function retentionRule(definition: Pick<PipelineDefinition, 'retention'> | undefined): RetentionRule {
  return { days: definition?.retention?.days ?? defaults.days, keep: definition?.retention?.keep ?? defaults.keep };
}

export type RetentionReason =
  /** It may still change. */
  | 'open'
  | 'deployed'
  | 'lastSuccessfulBuild'
  /** Among the last `keep` good ones of an environment. */
  | 'lastGood'
  /** Its days are not over. */
  | 'recent';

export interface RetentionFacts {
  readonly isDeployed: boolean;
  readonly isLastBuild: boolean;
  readonly isLastGood: boolean;
}

/** Why an execution stays; undefined = nothing speaks for it. */
export function whyKept(
  execution: Pick<Execution, 'status' | 'endedAt' | 'createdAt'>,
  facts: RetentionFacts,
  when: RetentionRule & { readonly now: number },
): RetentionReason | undefined {
  if (isOpen(execution)) return 'open';
  if (facts.isDeployed) return 'deployed';
  if (facts.isLastBuild) return 'lastSuccessfulBuild';
  if (facts.isLastGood) return 'lastGood';
  return (execution.endedAt ?? execution.createdAt) + when.days * dayMs > when.now ? 'recent' : undefined;
}

/** Content lives from its last use on; `others` are the days that artifacts and facts ask for. */
export function isContentExpired(content: StoredContent, others: readonly number[], now: number): boolean {
  const days = [content.retentionDays ?? 0, ...others].reduce((most, one) => Math.max(most, one), 0);
  return content.usedAt + (days === 0 ? defaults.contentDays : days) * dayMs <= now;
}

/** References to the content that an application kept for a run. */
export function boundContent(
  application: string,
  bound: readonly Pick<BoundArtifact, 'artifact'>[],
): readonly { readonly application: string; readonly hash: string }[] {
  const texts = bound.flatMap(({ artifact }) => [artifact.metadata.content, artifact.reference]);
  const found = texts.flatMap((text) => (typeof text === 'string' ? (parseContentReference(text) ?? []) : []));
  const own = found.filter((one) => one.application === application);
  return [...new Map(own.map((one) => [contentReference(one), one])).values()];
}

/** What is left of an execution once it is swept: enough to show its proofs to those who might see it. Kept for ever. */
export interface SweptExecution {
  readonly id: string;
  readonly pipeline: string;
  readonly pipelineVersion: string;
  readonly attempt: number;
  readonly createdAt: number;
  readonly sweptAt: number;
  /** What is still to be taken away: approvals by id, versions that it is found by. Absent once that is done. */
  readonly left?: { readonly approvals: readonly string[]; readonly versions: readonly string[] };
}

export interface RetentionCounts {
  readonly executions: number;
  readonly contents: number;
  readonly bytes: number;
}

export const noCounts: RetentionCounts = { executions: 0, contents: 0, bytes: 0 };

export function addCounts(one: RetentionCounts, other: RetentionCounts): RetentionCounts {
  return {
    executions: one.executions + other.executions,
    contents: one.contents + other.contents,
    bytes: one.bytes + other.bytes,
  };
}

/** Where a round through all pipelines stands; one item. */
export interface RetentionState {
  readonly startedAt: number;
  /** The whole round is done. */
  readonly finishedAt?: number;
  /** The pipeline under way and those before it are behind us, in the order of names. */
  readonly cursor?: string;
  /** Within the pipeline under way. */
  readonly within?: PipelineProgress;
  readonly pipelines: number;
  readonly removed: RetentionCounts;
  readonly rev: number;
}

export interface PipelineProgress {
  readonly pipeline: string;
  readonly phase: 'executions' | 'contents';
  readonly cursor?: string;
  /** Good ones seen so far, by environment; '' = none. */
  readonly good: Readonly<Record<string, number>>;
}
