import type { RecordedArtifact } from './artifact.ts';
import type { Digest } from './digest.ts';

/**
 * Whether what a target reports is what was wanted: the same digest, or parent and child of one recorded index in either
 * direction (runtimes report the index for a pinned child, and a child for a pinned index).
 */
export function isSameImage(
  wanted: Digest,
  observed: Digest,
  recorded: { readonly wanted?: RecordedArtifact; readonly observed?: RecordedArtifact },
): boolean {
  if (wanted === observed) return true;
  return hasChild(recorded.wanted, observed) || hasChild(recorded.observed, wanted);
}

function hasChild(parent: RecordedArtifact | undefined, digest: Digest): boolean {
  return parent?.manifest?.children.some((child) => child.digest === digest) ?? false;
}
