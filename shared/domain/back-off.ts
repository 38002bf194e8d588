/** Polls of a step: 5, 10, 20 … 300 s. `polls` = how many came before; undefined = enough (30). */
export function pollDelay(polls: number): number | undefined {
  if (polls >= 30) return undefined;
  return Math.min(5000 * 2 ** Math.min(polls, 10), 300_000);
}
