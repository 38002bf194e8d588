import type { Build } from './build.ts';
import type { FoundArtifact } from './evaluate.ts';
import type { BoundArtifact, PublishedArtifact } from './execution.ts';
import type { ArtifactReference } from './expression.ts';
import { stepNode } from './ledger.ts';
import { findPublished } from './published.ts';
import { nearestOf } from './select-by-location.ts';

export interface StepScope {
  variable(name: string): string | undefined;
  readonly variableNames: readonly string[];
  artifact(reference: ArtifactReference): FoundArtifact;
}

export interface ScopeInput {
  readonly stage: string;
  readonly bound: readonly BoundArtifact[];
  /** By source id: the builds that pipeline sources were bound to. */
  readonly builds: ReadonlyMap<string, Build>;
  /** What a step node published; undefined = it did not run or did not succeed. */
  readonly published: (node: string) => readonly PublishedArtifact[] | undefined;
  readonly variables: Readonly<Record<string, string>>;
  /** Where the step deploys to, such as its Region: of artifacts that differ only in it, it gets its own. */
  readonly location?: string;
}

/** What `$[…]` and `${…}` mean at one step of one execution. */
export function stepScope(input: ScopeInput): StepScope {
  return {
    variable: (name) => (Object.hasOwn(input.variables, name) ? input.variables[name] : undefined),
    variableNames: Object.keys(input.variables),
    artifact: (reference) => findReferenced(input, reference),
  };
}

function findReferenced(input: ScopeInput, reference: ArtifactReference): FoundArtifact {
  switch (reference.scope) {
    case 'source': {
      const bound = input.bound.find((one) => one.id === reference.source);
      if (bound === undefined) return { kind: 'missing', published: input.bound.map((one) => one.id) };
      const artifact = bound.elsewhere === undefined ? bound.artifact : nearestOf(bound, input.location);
      return artifact === undefined ? { kind: 'missing', published: placesOf(bound) } : { kind: 'found', artifact };
    }
    case 'build':
      return findPublished(
        buildPublished(input.builds.get(reference.source), reference),
        reference.name,
        input.location,
      );
    case 'stage':
      return findPublished(
        input.published(stepNode(reference.stage, reference.job, reference.step)) ?? [],
        reference.name,
        input.location,
      );
    case 'job':
      return findPublished(
        input.published(stepNode(input.stage, reference.job, reference.step)) ?? [],
        reference.name,
        input.location,
      );
  }
}

/** Of a thing in several places, none of which is the step's: nothing says which one is meant. */
function placesOf({ id, artifact, elsewhere = [] }: BoundArtifact): readonly string[] {
  return [artifact, ...elsewhere].map(({ location }) => `${id} in ${location || 'no place'}`);
}

function buildPublished(
  build: Build | undefined,
  at: { readonly stage: string; readonly job: string; readonly step: string },
): readonly PublishedArtifact[] {
  return (build?.artifacts ?? []).filter((one) => one.stage === at.stage && one.job === at.job && one.step === at.step);
}
