import { comparePushed, type VersioningScheme } from './scheme.ts';

/** The tag that was pushed last is the best. */
export const pushed: VersioningScheme = { admits: () => true, compare: comparePushed };
