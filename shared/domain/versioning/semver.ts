import { compare as compareVersions, parse, type SemVer } from 'semver';
import { comparePushed, type Versioned, type VersioningScheme } from './scheme.ts';

/** By semver.org's precedence. A tag may leave out minor and patch, and may begin with v; build metadata does not count. */
export const semver: VersioningScheme = {
  admits: (tag) => parseSemverTag(tag) !== undefined,
  compare: compareSemver,
};

/** `v?MAJOR[.MINOR[.PATCH]][-pre][+build]`; undefined for anything else, also for numbers beyond 2^53 and leading zeros. */
export function parseSemverTag(tag: string): SemVer | undefined {
  const [, major, minor, patch, rest] = /^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?([-+].*)?$/.exec(tag) ?? [];
  if (major === undefined) return undefined;
  return parse(`${major}.${minor ?? '0'}.${patch ?? '0'}${rest ?? ''}`) ?? undefined;
}

function compareSemver(a: Versioned, b: Versioned): number {
  const left = parseSemverTag(a.tag);
  const right = parseSemverTag(b.tag);
  if (left === undefined || right === undefined) {
    return Number(left !== undefined) - Number(right !== undefined) || comparePushed(a, b);
  }
  return compareVersions(left, right) || comparePushed(a, b);
}
