import { comparedFields } from '../domain/compared-artifact.ts';
import type { ArtifactFault } from '../domain/flow-artifact.ts';
import type { JsonObject } from '../domain/json.ts';
import { type Resolution, type ResolutionFault, resolveArtifacts } from '../domain/resolve-artifacts.ts';
import {
  type LooseArtifact,
  type LooseExpectation,
  readLooseArtifact,
  readLooseExpectation,
} from '../domain/spinnaker-artifact.ts';
import type { Ports } from '../ports/ports.ts';

/** Patterns times characters to compare: some seconds of work at the very worst. */
const mostWork = 20_000_000;

export interface Trial {
  readonly expectedArtifacts: readonly JsonObject[];
  readonly receivedArtifacts: readonly JsonObject[];
  readonly priorArtifacts: readonly JsonObject[];
  readonly requireUniqueMatches: boolean;
}

export type TrialAnswer =
  | {
      readonly kind: 'resolved';
      readonly resolved: readonly Resolution<LooseArtifact, LooseExpectation>[];
      readonly artifacts: readonly LooseArtifact[];
    }
  | ResolutionFault
  | { readonly kind: 'invalid'; readonly errors: readonly ArtifactFault[] }
  | { readonly kind: 'tooLarge'; readonly message: string };

/** Resolves expectations against artifacts that are all given: nothing is looked up, recorded or fetched. */
export function tryResolution({ sha1 }: Pick<Ports, 'sha1'>, trial: Trial): TrialAnswer {
  const errors: ArtifactFault[] = [];
  const artifacts = (key: 'receivedArtifacts' | 'priorArtifacts') =>
    trial[key].map((input, index) => readLooseArtifact(input, `${key}[${index}]`, { errors, sha1 }));
  const expected = trial.expectedArtifacts.map((input, index) =>
    readLooseExpectation(input, `expectedArtifacts[${index}]`, { errors, sha1 }),
  );
  const received = artifacts('receivedArtifacts');
  const prior = artifacts('priorArtifacts');
  if (errors.length > 0) return { kind: 'invalid', errors: errors.slice(0, 100) };
  if (work(expected, [...received, ...prior]) > mostWork) {
    return {
      kind: 'tooLarge',
      message: 'Comparing all of these is too much work at once; send fewer or shorter ones.',
    };
  }
  const { requireUniqueMatches } = trial;
  const result = resolveArtifacts({ expected, received, prior, requireUniqueMatches });
  // All that is prior was given, so nobody asks for more.
  return result.kind === 'priorNeeded' ? { kind: 'invalid', errors: [] } : result;
}

function work(expected: readonly LooseExpectation[], artifacts: readonly LooseArtifact[]): number {
  const patterns = expected.flatMap(({ matchArtifact }) => comparedFields.filter((field) => matchArtifact[field]));
  const texts = artifacts.flatMap((artifact) => comparedFields.map((field) => artifact[field] ?? ''));
  return patterns.length * texts.reduce((sum, one) => sum + one.length, 0);
}
