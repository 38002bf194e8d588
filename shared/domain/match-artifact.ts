import { imageType } from './artifact.ts';
import { type Comparable, type ComparedField, comparedFields } from './compared-artifact.ts';
import { isDigest } from './digest.ts';
import type { ArtifactPattern } from './expected-artifact.ts';
import { compileJavaPattern } from './java-pattern.ts';

export type ArtifactMatch =
  | { readonly kind: 'matches' }
  | { readonly kind: 'differs'; readonly field: ComparedField; readonly value?: string }
  | { readonly kind: 'invalid'; readonly field: ComparedField; readonly position: number; readonly message: string };

/**
 * Spinnaker's ExpectedArtifact.matches, field by field until one differs. A pattern is looked at only when it is needed, so an
 * invalid one is no fault where the texts are equal or an earlier field differs. An image that is pinned by its digest is also
 * compared as its tags name it, and a fetched file under the version that it came with: what Spinnaker would have seen.
 */
export function matchArtifact(pattern: ArtifactPattern, artifact: Comparable): ArtifactMatch {
  const first = matchFields(pattern, artifact);
  if (first.kind !== 'differs' || (first.field !== 'version' && first.field !== 'reference')) return first;
  for (const form of otherForms(artifact)) {
    const match = matchFields(pattern, form);
    if (match.kind !== 'differs') return match;
  }
  return first;
}

function matchFields(pattern: ArtifactPattern, artifact: Comparable): ArtifactMatch {
  for (const field of comparedFields) {
    const match = matchField(field, pattern[field], artifact[field]);
    if (match.kind !== 'matches') return match;
  }
  return { kind: 'matches' };
}

function matchField(field: ComparedField, pattern: string | undefined, value: string | undefined): ArtifactMatch {
  if (pattern === undefined || pattern === '') return { kind: 'matches' };
  if (value === undefined) return { kind: 'differs', field };
  if (pattern === value) return { kind: 'matches' };
  const compiled = compileJavaPattern(pattern);
  if (compiled.kind === 'invalid') return { ...compiled, field };
  const matches = compiled.matches(value) || (field === 'type' && isSameContent(pattern, value));
  return matches ? { kind: 'matches' } : { kind: 'differs', field, value };
}

/** The artifact store turns the one into the other. Not so for patterns, nor for the map variants. */
function isSameContent(pattern: string, value: string): boolean {
  const types = ['embedded/base64', 'remote/base64'];
  return types.includes(pattern) && types.includes(value);
}

function otherForms(artifact: Comparable): readonly Comparable[] {
  const requested = artifact.metadata?.requestedVersion;
  const asRequested = typeof requested === 'string' ? [{ ...artifact, version: requested }] : [];
  return [...taggedForms(artifact), ...asRequested];
}

function taggedForms(artifact: Comparable): readonly Comparable[] {
  const { type, name, version, metadata } = artifact;
  if (type !== imageType || name === undefined || version === undefined || !isDigest(version)) return [];
  const tags = metadata?.tags;
  if (!Array.isArray(tags)) return [];
  return tags
    .filter((tag) => typeof tag === 'string')
    .map((tag) => ({ ...artifact, version: tag, reference: `${name}:${tag}` }));
}

/** The first invalid pattern, whether or not it was needed. */
export function findInvalidPattern(pattern: ArtifactPattern): Extract<ArtifactMatch, { kind: 'invalid' }> | undefined {
  for (const field of comparedFields) {
    const compiled = compileJavaPattern(pattern[field] ?? '');
    if (compiled.kind === 'invalid') return { ...compiled, field };
  }
  return undefined;
}
