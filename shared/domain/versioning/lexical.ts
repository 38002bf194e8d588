import { comparePushed, compareText, type VersioningScheme } from './scheme.ts';

/** By code units: for tags that begin with a date, such as 2026-11-20T10-15. */
export const lexical: VersioningScheme = {
  admits: () => true,
  compare: (a, b) => compareText(a.tag, b.tag) || comparePushed(a, b),
};
