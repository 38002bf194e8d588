/** Polls of a step: 5, 10, 20 … 300 s. `polls` = how many came before; undefined = enough (30). */
export function pollDelay(polls: number): number | undefined {
  if (polls >= 30) return undefined;
  return Math.min(5000 * 2 ** Math.min(polls, 10), 300_000);
}

/**
 * Waiting for another run's deployment to the same place: half of what was waited already, from 5 s to 30 minutes, so that a
 * deployment that takes a week does not fill the machine's history.
 */
export function turnDelay(waited: number): number {
  return Math.min(Math.max(5000, Math.floor(waited / 2)), 1_800_000);
}
