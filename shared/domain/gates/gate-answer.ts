import type { Fact } from '../fact.ts';
import type { FailureCode } from '../failure.ts';

/** `fix` says what would make it pass. `wait`: ask again when a fact comes, at `until` (epoch ms) at the latest. */
export type GateAnswer =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny'; readonly code: FailureCode; readonly message: string; readonly fix: string }
  | { readonly kind: 'wait'; readonly until: number; readonly message: string }
  | { readonly kind: 'ask' };

/** Facts of one digest, and of each platform child where it is an index (no entry for `unknown/unknown`). */
export interface DigestFacts {
  readonly own: readonly Fact[];
  readonly children: readonly (readonly Fact[])[];
}

/** What every gate over facts is asked with. Times are epoch ms. */
export interface FactGateInput {
  /** How messages name the digest. */
  readonly subject: string;
  readonly facts: DigestFacts;
  readonly now: number;
  /** When the stage's needs were met: `within` counts from here. */
  readonly arrivedAt: number;
  /** Owners of the pipeline that asks (ruling 10). */
  readonly owners: readonly string[];
}

/** One answer for a gate that was asked of several digests: a denial beats waiting, waiting beats asking. */
export function strictest(answers: readonly GateAnswer[]): GateAnswer {
  const denied = answers.find((answer) => answer.kind === 'deny');
  if (denied) return denied;
  const waits = answers.filter((answer) => answer.kind === 'wait');
  const soonest = waits.toSorted((a, b) => a.until - b.until)[0];
  return soonest ?? answers.find((answer) => answer.kind === 'ask') ?? { kind: 'allow' };
}
