import type { z } from 'zod';
import { joinPath, type PipelineFault, type PipelineFaultCode } from '../domain/pipeline-draft.ts';
import { inputFaults } from './schema.ts';

/** Where faults are noted while reading goes on. */
export interface Place {
  readonly path: string;
  readonly faults: PipelineFault[];
}

export function inside(place: Place, ...keys: readonly (string | number)[]): Place {
  return { path: joinPath(place.path, ...keys), faults: place.faults };
}

export function note(place: Place, message: string, code?: PipelineFaultCode): void {
  place.faults.push({ path: place.path, message, ...(code === undefined ? {} : { code }) });
}

/** The value, or undefined with its faults noted. */
export function readWhole<T>(schema: z.ZodType<T>, value: unknown, place: Place): T | undefined {
  const result = schema.safeParse(value, { error: required });
  if (result.success) return result.data;
  noteIssues(result.error, place);
  return undefined;
}

/**
 * The keys of an object, each for itself: a faulty or unknown one is noted and left out, so that it hides no fault of its
 * neighbours. `left` is the schema's own `partial()`; keys with a default have it there.
 */
export function readFields<T extends object>(
  whole: z.ZodType<T>,
  left: z.ZodType<Partial<T>>,
  { value, place }: { readonly value: unknown; readonly place: Place },
): Partial<T> {
  const result = whole.safeParse(value, { error: required });
  if (result.success) return result.data;
  noteIssues(result.error, place);
  const faulty = new Set(result.error.issues.flatMap((issue) => [...issue.path.slice(0, 1), ...unknownKeys(issue)]));
  const entries = isObject(value) ? Object.entries(value).filter(([key]) => !faulty.has(key)) : [];
  return left.parse(Object.fromEntries(entries));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownKeys(issue: z.core.$ZodIssue): readonly string[] {
  return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

function noteIssues(error: z.ZodError, { path, faults }: Place): void {
  for (const fault of inputFaults(error)) faults.push({ path: prefixed(path, fault.path), message: fault.message });
}

function prefixed(path: string, inner: string): string {
  return path === '' || inner === '' || inner.startsWith('[') ? path + inner : `${path}.${inner}`;
}

function required(issue: { readonly input?: unknown }): string | undefined {
  return issue.input === undefined ? 'This is required.' : undefined;
}
