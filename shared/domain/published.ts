import type { Artifact } from './artifact.ts';
import type { FoundArtifact } from './evaluate.ts';

interface Named {
  /** Absent = the step did not name it. */
  readonly name?: string;
  readonly artifact: Artifact;
}

/**
 * What `…artifacts.NAME` means among the artifacts of one step. `default` is the one without a name or, where there is exactly
 * one, that one. Two different artifacts under one name are missing: nothing says which of them was meant.
 */
export function findPublished(published: readonly Named[], name: string): FoundArtifact {
  const exact = onlyOne(published.filter((entry) => (entry.name ?? 'default') === name));
  const found = exact ?? (name === 'default' ? onlyOne(published) : undefined);
  if (found !== undefined) return { kind: 'found', artifact: found };
  return { kind: 'missing', published: published.map((entry) => entry.name ?? 'default') };
}

function onlyOne(published: readonly Named[]): Artifact | undefined {
  const uuids = new Set(published.map((entry) => entry.artifact.uuid));
  return uuids.size === 1 ? published[0]?.artifact : undefined;
}
