import type { Artifact } from './artifact.ts';
import type { FoundArtifact } from './evaluate.ts';
import { selectByLocation } from './select-by-location.ts';

interface Named {
  /** Absent = the step did not name it. */
  readonly name?: string;
  readonly artifact: Artifact;
}

/**
 * What `…artifacts.NAME` means among the artifacts of one step. `default` is the one without a name or, where there is exactly
 * one, that one. Two different artifacts under one name are missing: nothing says which of them was meant, unless they differ only
 * in `location` and one of them is where the step deploys to.
 */
export function findPublished(published: readonly Named[], name: string, location?: string): FoundArtifact {
  const exact = onlyOne(
    published.filter((entry) => (entry.name ?? 'default') === name),
    location,
  );
  const found = exact ?? (name === 'default' ? onlyOne(published, location) : undefined);
  if (found !== undefined) return { kind: 'found', artifact: found };
  return { kind: 'missing', published: published.map((entry) => entry.name ?? 'default') };
}

function onlyOne(published: readonly Named[], location: string | undefined): Artifact | undefined {
  const { artifacts } = selectByLocation(
    published.map((entry) => entry.artifact),
    location,
  );
  return new Set(artifacts.map(({ uuid }) => uuid)).size === 1 ? artifacts[0] : undefined;
}
