import type { Comparable } from './compared-artifact.ts';
import type { Trigger } from './execution.ts';
import type { ExpectedArtifact } from './expected-artifact.ts';
import { matchArtifact } from './match-artifact.ts';

/** Ids of the trigger that fired; `matching` = those of every expectation that something received matches. */
export type Demanded = readonly string[] | 'matching';

/**
 * Which expectations a trigger demands. A run that another pipeline or a person starts has no trigger of the file to name any:
 * there, what was given says it (Spinnaker's DependentPipelineStarter). Any other trigger demands what it names, and no more.
 */
export function demandedBy({ type, expectedArtifactIds }: Pick<Trigger, 'type' | 'expectedArtifactIds'>): Demanded {
  if (expectedArtifactIds !== undefined) return expectedArtifactIds;
  return type === 'build' || type === 'pipeline' || type === 'manual' ? 'matching' : [];
}

/**
 * Spinnaker's ArtifactUtils.resolveArtifacts, step 2: what is demanded, and what may be prior or default although nobody demands
 * it. All others are left alone even where something would match; unknown ids are nothing.
 */
export function takingPart(
  expected: readonly ExpectedArtifact[],
  demanded: Demanded,
  received: readonly Comparable[],
): readonly ExpectedArtifact[] {
  const isDemanded = ({ id, matchArtifact: pattern }: ExpectedArtifact) =>
    demanded === 'matching'
      ? received.some((artifact) => matchArtifact(pattern, artifact).kind === 'matches')
      : demanded.includes(id);
  return expected.filter((one) => one.useDefaultArtifact || one.usePriorArtifact || isDemanded(one));
}
