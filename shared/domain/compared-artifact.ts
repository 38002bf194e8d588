import type { JsonObject } from './json.ts';

/** In the order of comparison; nothing else of an artifact is compared. */
export const comparedFields = ['type', 'name', 'version', 'location', 'reference'] as const;
export type ComparedField = (typeof comparedFields)[number];

/** An artifact as far as it is compared. Absent = Spinnaker's null. */
export type Comparable = { readonly [field in ComparedField]?: string } & { readonly metadata?: JsonObject };

/** Each once, by what is compared: of those that differ only in the rest the first. */
export function distinctCompared<T extends Comparable>(artifacts: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return artifacts.filter((artifact) => {
    const text = JSON.stringify(comparedFields.map((field) => artifact[field] ?? null));
    return seen.has(text) ? false : seen.add(text);
  });
}
