import type { Digest } from '../digest.ts';
import { formatDuration } from '../duration.ts';
import type { VerifiedDeployment } from '../environment.ts';
import type { VerifiedGate } from '../pipeline.ts';
import { countingFacts } from './counting-facts.ts';
import type { DigestFacts, GateAnswer } from './gate-answer.ts';

export interface VerifiedInput {
  readonly subject: string;
  readonly digest: Digest;
  /** Of the gate's environment: every deployment of this digest, and every one of its repository and revision. */
  readonly byDigest: readonly VerifiedDeployment[];
  readonly byRevision: readonly VerifiedDeployment[];
  readonly facts: DigestFacts;
  readonly now: number;
  readonly pipeline: string;
  readonly owners: readonly string[];
}

/** This digest was deployed and observed there by us or a neighbour (ruling 6), recently enough, and nothing rejects it since. */
export function answerVerified(gate: VerifiedGate, input: VerifiedInput): GateAnswer {
  const seen = input.byDigest.filter((deployment) => isOurs(deployment, input));
  const newest = seen.toSorted((a, b) => b.at - a.at)[0];
  if (!newest) return neverSeen(gate, input);
  const rejected = rejectedSince(newest, input);
  if (rejected) {
    const message = `${input.subject} was rejected after it was observed in ${gate.environment}: ${rejected}`;
    return { kind: 'deny', code: 'rejected', message, fix: 'Publish other bytes and promote their digest.' };
  }
  if (gate.maxAge !== undefined && input.now - newest.at > gate.maxAge) return tooOld(gate, input, newest);
  return { kind: 'allow' };
}

/** The other digest of the same repository and revision that was observed there, if this one never was: the warning of ruling 6. */
export function findRebuilt(
  input: Pick<VerifiedInput, 'digest' | 'byDigest' | 'byRevision' | 'pipeline' | 'owners'>,
): VerifiedDeployment | undefined {
  if (input.byDigest.some((deployment) => isOurs(deployment, input))) return undefined;
  return input.byRevision.find((deployment) => deployment.digest !== input.digest && isOurs(deployment, input));
}

function neverSeen(gate: VerifiedGate, input: VerifiedInput): GateAnswer {
  const other = findRebuilt(input);
  if (!other) {
    const message = `${input.subject} was never deployed and observed in ${gate.environment}.`;
    const fix = `Deploy this digest to ${gate.environment} first, by this pipeline or one that shares an owner with it.`;
    return { kind: 'deny', code: 'notVerified', message, fix };
  }
  return {
    kind: 'deny',
    code: 'rebuilt',
    message: `${input.subject} is a rebuild: revision ${other.revision ?? 'unknown'} was observed in ${gate.environment} as ${other.digest}.`,
    fix: `Promote ${other.digest}, or deploy the rebuilt digest to ${gate.environment} first.`,
  };
}

function tooOld(gate: VerifiedGate, input: VerifiedInput, newest: VerifiedDeployment): GateAnswer {
  const age = formatDuration(input.now - newest.at);
  const message = `${input.subject} was last observed in ${gate.environment} ${age} ago; at most ${formatDuration(gate.maxAge ?? 0)} is allowed.`;
  return { kind: 'deny', code: 'notVerified', message, fix: `Deploy this digest to ${gate.environment} again.` };
}

function rejectedSince(deployment: VerifiedDeployment, input: VerifiedInput): string | undefined {
  const facts = [input.facts.own, ...input.facts.children].flat();
  return countingFacts(facts, 'rejected', { owners: input.owners }).find((fact) => fact.at >= deployment.at)?.reason;
}

function isOurs(deployment: VerifiedDeployment, asker: Pick<VerifiedInput, 'pipeline' | 'owners'>): boolean {
  if (deployment.pipeline === asker.pipeline) return true;
  return deployment.owners.some((owner) => asker.owners.includes(owner));
}
