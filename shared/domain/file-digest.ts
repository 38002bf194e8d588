import { type Artifact, imageType } from './artifact.ts';
import { type Digest, parseDigest } from './digest.ts';

/** Of a file whose bytes were hashed when the run was bound, or that came with its `metadata.sha256` (hex). Images have their own. */
export function fileDigest({ type, metadata }: Pick<Artifact, 'type' | 'metadata'>): Digest | undefined {
  if (type === imageType || typeof metadata.sha256 !== 'string') return undefined;
  return parseDigest(`sha256:${metadata.sha256.toLowerCase()}`);
}

/** The file that an input refers to, by the text that the reference became. */
export function findFile(artifacts: readonly Artifact[], reference: string): Artifact | undefined {
  return artifacts.find((one) => one.type !== imageType && one.reference === reference);
}
