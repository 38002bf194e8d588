import type { Clock } from '../../ports/clock.ts';

/** How old an answer may be that another process has changed meanwhile. */
const freshFor = 5_000;
const mostEntries = 1_000;

export interface ShortCache<T> {
  /** Absent values are not kept: guessed names must not push out real ones. */
  get(name: string, load: () => Promise<T | undefined>): Promise<T | undefined>;
  /** After a write in this process. What is being loaded at this moment is not kept either. */
  clear(): void;
}

export function createShortCache<T>(clock: Clock): ShortCache<T> {
  let entries = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    async get(name, load) {
      const known = entries.get(name);
      if (known !== undefined && known.until > clock.now()) return known.value;
      const before = entries;
      const value = await load();
      if (value !== undefined && before === entries) keep(entries, name, { value, until: clock.now() + freshFor });
      return value;
    },
    clear() {
      entries = new Map();
    },
  };
}

function keep<E>(entries: Map<string, E>, name: string, entry: E): void {
  entries.delete(name);
  const [oldest] = entries.keys();
  if (entries.size >= mostEntries && oldest !== undefined) entries.delete(oldest);
  entries.set(name, entry);
}
