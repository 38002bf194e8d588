/** Milliseconds by unit, the largest first. */
const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** A hundred years: beyond it, adding to a time would leave what a date can say. */
const longest = 36_525 * 86_400_000;

/** `90s`, `15m`, `2h`, `7d` to milliseconds; undefined for anything else, also for more than 100 years. */
export function parseDuration(text: string): number | undefined {
  const [, count, letter] = /^([0-9]{1,10})([smhd])$/.exec(text) ?? [];
  const unit = units.find(([name]) => name === letter);
  if (unit === undefined) return undefined;
  const milliseconds = Number(count) * unit[1];
  return milliseconds <= longest ? milliseconds : undefined;
}

/** The largest unit that says it exactly; parts of a second count as a whole one. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.ceil(Math.max(0, milliseconds) / 1000);
  const [name, size] = units.find(([, unit]) => seconds > 0 && (seconds * 1000) % unit === 0) ?? ['s', 1000];
  return `${(seconds * 1000) / size}${name}`;
}
