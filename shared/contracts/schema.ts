import { z } from 'zod';

/** A schema of a wire of ours; what it reads is `T`. */
export type Schema<T> = z.ZodType<T>;

/** One fault of an input: where (`stages.prod.needs[0]`, '' for the whole), and what to do about it. */
export interface InputFault {
  readonly path: string;
  readonly message: string;
}

export type Reading<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'invalid'; readonly errors: readonly InputFault[] };

type Path = readonly PropertyKey[];

/** Reports at most this many faults: enough to mend a file in one go, bounded for hostile input. */
const mostFaults = 100;

/** Reads a value by a schema; every fault at once, each with its path. */
export function readWith<T>(schema: Schema<T>, value: unknown): Reading<T> {
  const result = schema.safeParse(value);
  if (result.success) return { kind: 'ok', value: result.data };
  return { kind: 'invalid', errors: inputFaults(result.error) };
}

/** A zod error in the words of the contract: unknown keys one by one, a union by its nearest branch. */
export function inputFaults(error: z.ZodError): readonly InputFault[] {
  return error.issues.flatMap((issue) => issueFaults(issue, [])).slice(0, mostFaults);
}

function issueFaults(issue: z.core.$ZodIssue, above: Path): readonly InputFault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: faultPath([...path, key]), message: 'There is no such key here.' }));
  }
  if (issue.code === 'invalid_union') {
    const nearest = nearestBranch(issue.errors);
    if (nearest !== undefined) return nearest.flatMap((inner) => issueFaults(inner, path));
  }
  return [{ path: faultPath(path), message: issue.message }];
}

/** The branch that got furthest: its first fault lies deepest, then the one with the fewest faults. */
function nearestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const depth = (branch: readonly z.core.$ZodIssue[]) => Math.min(...branch.map((issue) => issue.path.length));
  const filled = branches.filter((branch) => branch.length > 0);
  return filled.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

/** `stages.prod.needs[0]`. */
export function faultPath(path: Path): string {
  return z.core.toDotPath(path.map((part) => (typeof part === 'symbol' ? String(part) : part)));
}
