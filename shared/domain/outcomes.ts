import type { Match } from './delivery.ts';

/** What there is, and of `more` what a rule has no outcome of yet; by event. */
export function addOutcomes(present: readonly Match[], more: readonly Match[]): readonly Match[] {
  const named = new Map(present.map((match) => [nameOf(match), match]));
  const added = more.filter((match) => !named.has(nameOf(match)));
  return added.length === 0 ? present : [...present, ...added].sort((a, b) => a.event - b.event);
}

function nameOf({ event, pipeline, source }: Match): string {
  return JSON.stringify([event, pipeline, source]);
}
