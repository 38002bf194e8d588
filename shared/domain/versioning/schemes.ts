import type { TagOrder } from '../pipeline.ts';
import { lexical } from './lexical.ts';
import { numeric } from './numeric.ts';
import { pushed } from './pushed.ts';
import type { Versioned, VersioningScheme } from './scheme.ts';
import { semver } from './semver.ts';

export const versioningSchemes: Readonly<Record<TagOrder, VersioningScheme>> = { pushed, semver, numeric, lexical };

/** Those that the order admits, the best first. */
export function bestFirst<T extends Versioned>(order: TagOrder, versions: readonly T[]): readonly T[] {
  const scheme = versioningSchemes[order];
  return versions.filter((version) => scheme.admits(version.tag)).sort((a, b) => scheme.compare(b, a));
}
