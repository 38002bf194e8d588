/** A version as a repository tells it: a tag, and when it last took its digest (epoch ms). */
export interface Versioned {
  readonly tag: string;
  readonly pushedAt: number;
}

/** How the tags of a repository are ordered. `compare` is a total order over all tags; positive = `a` is the better one. */
export interface VersioningScheme {
  admits(tag: string): boolean;
  compare(a: Versioned, b: Versioned): number;
}

/** What decides when a scheme sees no difference: the later push, then the tag, so that every order is total. */
export function comparePushed(a: Versioned, b: Versioned): number {
  return Math.sign(a.pushedAt - b.pushedAt) || compareText(a.tag, b.tag);
}

/** By UTF-16 code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
