/**
 * Epoch ms to RFC 3339 UTC by Howard Hinnant's days-to-civil arithmetic
 * (howardhinnant.github.io/date_algorithms.html): the domain has no Date.
 */
export function rfc3339(at: number): string {
  const { year, month, day, hours, minutes, seconds, millis } = civil(at);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(millis, 3)}Z`;
}

/** `20261120T101500Z`, as in execution ids. */
export function compactTime(at: number): string {
  const { year, month, day, hours, minutes, seconds } = civil(at);
  return `${pad(year, 4)}${pad(month, 2)}${pad(day, 2)}T${pad(hours, 2)}${pad(minutes, 2)}${pad(seconds, 2)}Z`;
}

const dayMs = 86_400_000;

function civil(at: number) {
  const days = Math.floor(at / dayMs);
  const inDay = at - days * dayMs;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthIndex = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthIndex + 2) / 5) + 1,
    hours: Math.floor(inDay / 3_600_000),
    minutes: Math.floor(inDay / 60_000) % 60,
    seconds: Math.floor(inDay / 1000) % 60,
    millis: Math.floor(inDay % 1000),
  };
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
