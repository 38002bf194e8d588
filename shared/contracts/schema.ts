import type { z } from 'zod';
import * as core from 'zod/v4/core';

/** A schema of a wire of ours; what it reads is `T`. */
export type Schema<T> = z.ZodType<T>;

/** What `readWith` takes: a Schema, or one of zod/mini, which loads in a third of the time and speaks of faults in a word. */
export type ReadableShape<T> = core.$ZodType<T>;

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
export function readWith<T>(schema: ReadableShape<T>, value: unknown): Reading<T> {
  const result = core.safeParse(schema, value);
  if (result.success) return { kind: 'ok', value: result.data };
  return { kind: 'invalid', errors: inputFaults(result.error) };
}

/** A zod error in the words of the contract: unknown keys one by one, a union by its nearest branch. */
export function inputFaults(error: core.$ZodError): readonly InputFault[] {
  return error.issues.flatMap((issue) => issueFaults(issue, [])).slice(0, mostFaults);
}

function issueFaults(issue: core.$ZodIssue, above: Path): readonly InputFault[] {
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
function nearestBranch(branches: readonly (readonly core.$ZodIssue[])[]): readonly core.$ZodIssue[] | undefined {
  const depth = (branch: readonly core.$ZodIssue[]) => Math.min(...branch.map((issue) => issue.path.length));
  const filled = branches.filter((branch) => branch.length > 0);
  return filled.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
}

/** `stages.prod.needs[0]`. */
export function faultPath(path: Path): string {
  return core.toDotPath(path.map((part) => (typeof part === 'symbol' ? String(part) : part)));
}
