import type { Artifact } from '../../domain/artifact.ts';
import type { Build } from '../../domain/build.ts';
import type { Digest } from '../../domain/digest.ts';

/** What a caller asks a source for: a tag (of files: the version), a digest, both, or a build. */
export interface Selection {
  readonly tag?: string;
  readonly digest?: Digest;
  readonly build?: string;
}

/** What a source gives: a version that its rule admits, or why there is none. */
export type Picked =
  | { readonly kind: 'image'; readonly repository: string; readonly digest: Digest; readonly tag?: string }
  | { readonly kind: 'build'; readonly build: Build }
  | { readonly kind: 'file'; readonly artifact: Artifact }
  | { readonly kind: 'refused'; readonly code: 'noVersion' | 'notAdmitted'; readonly message: string };

export function notAdmitted(message: string): Picked {
  return { kind: 'refused', code: 'notAdmitted', message };
}

export function noVersion(message: string): Picked {
  return { kind: 'refused', code: 'noVersion', message };
}
