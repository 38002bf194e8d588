import { compilePattern } from './pattern.ts';
import type { PatternFilter } from './pipeline.ts';

export type VersionRefusal = 'noVersion' | 'tagNotIncluded' | 'tagExcluded';
export type TagRefusal = 'noTag' | 'tagNotIncluded' | 'tagExcluded';
export type BranchRefusal = 'branchUnknown' | 'branchNotIncluded';

export type Admission<Reason> =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reason: Reason; readonly message: string };

/** Without a filter every tag is admitted, but there must be one. */
export function admitTag(filter: PatternFilter | undefined, tag: string | undefined): Admission<TagRefusal> {
  if (tag === undefined || tag === '') {
    return {
      admitted: false,
      reason: 'noTag',
      message: 'The event names no tag; a source takes tagged versions only.',
    };
  }
  const verdict = judge(filter, tag);
  switch (verdict.kind) {
    case 'admitted':
      return { admitted: true };
    case 'excluded':
      return { admitted: false, reason: 'tagExcluded', message: `Tag ${quoted(tag)} is excluded by ${verdict.rule}.` };
    case 'notIncluded':
      return { admitted: false, reason: 'tagNotIncluded', message: `Tag ${quoted(tag)} matches ${verdict.rule}.` };
  }
}

/** The same for the version of a file or package: without one, nothing tells a push of it from the next. */
export function admitVersion(
  filter: PatternFilter | undefined,
  version: string | undefined,
): Admission<VersionRefusal> {
  if (version === undefined || version === '') {
    const message = 'The artifact names no version; a source tells one push of it from the next by its version.';
    return { admitted: false, reason: 'noVersion', message };
  }
  const verdict = judge(filter, version);
  switch (verdict.kind) {
    case 'admitted':
      return { admitted: true };
    case 'excluded':
      return {
        admitted: false,
        reason: 'tagExcluded',
        message: `Version ${quoted(version)} is excluded by ${verdict.rule}.`,
      };
    case 'notIncluded':
      return {
        admitted: false,
        reason: 'tagNotIncluded',
        message: `Version ${quoted(version)} matches ${verdict.rule}.`,
      };
  }
}

/** Without a filter every branch is admitted, an unknown one too. */
export function admitBranch(filter: PatternFilter | undefined, branch: string | undefined): Admission<BranchRefusal> {
  if (filter === undefined) return { admitted: true };
  if (branch === undefined || branch === '') {
    const message = 'The source asks for a branch, and nothing says which branch this was built from.';
    return { admitted: false, reason: 'branchUnknown', message };
  }
  const verdict = judge(filter, branch);
  if (verdict.kind === 'admitted') return { admitted: true };
  const why = verdict.kind === 'excluded' ? `is excluded by ${verdict.rule}` : `matches ${verdict.rule}`;
  return { admitted: false, reason: 'branchNotIncluded', message: `Branch ${quoted(branch)} ${why}.` };
}

/** No registry and no forge has longer names; a sender's body may. */
const maxValueLength = 1024;

type Verdict =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'excluded'; readonly rule: string }
  | { readonly kind: 'notIncluded'; readonly rule: string };

/** Exclude wins. A pattern that does not compile closes the door: it excludes, and includes nothing. */
function judge(filter: PatternFilter | undefined, value: string): Verdict {
  if (value.length > maxValueLength)
    return { kind: 'notIncluded', rule: `nothing: it is over ${maxValueLength} characters` };
  const excluding = (filter?.exclude ?? []).find((text) => matches(text, value) ?? true);
  if (excluding !== undefined) return { kind: 'excluded', rule: quoted(excluding) };
  const include = filter?.include;
  if (include === undefined || include.some((text) => matches(text, value) ?? false)) return { kind: 'admitted' };
  return { kind: 'notIncluded', rule: include.length === 0 ? 'nothing: include is empty' : `none of ${list(include)}` };
}

/** Undefined if the pattern does not compile. */
function matches(text: string, value: string): boolean | undefined {
  const compiled = compilePattern(text);
  return compiled.kind === 'ok' ? compiled.pattern.matches(value) : undefined;
}

function list(patterns: readonly string[]): string {
  const shown = patterns.slice(0, 10).map(quoted).join(', ');
  return patterns.length > 10 ? `${shown} and ${patterns.length - 10} more` : shown;
}

function quoted(text: string): string {
  return text.length > 256 ? `"${text.slice(0, 256)}…"` : `"${text}"`;
}
