/** The demo is a test that people like to read: whatever is not as told ends it. */
export function expectEqual(what: string, seen: unknown, wanted: unknown): void {
  if (seen !== wanted) throw new Error(`Expected ${what} to be ${shown(wanted)}, but it is ${shown(seen)}.`);
}

const tryEveryMs = 20;
const withinMs = 10_000;

/** Asks until it gets an answer. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (performance.now() > until) throw new Error(`Expected ${what} within ${withinMs / 1_000} s.`);
    await new Promise((resolve) => setTimeout(resolve, tryEveryMs));
  }
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
