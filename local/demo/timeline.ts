export interface Timeline {
  /** A heading of the story. */
  chapter(text: string): void;
  /** What just happened, with the time since the start. */
  event(text: string): void;
  /** More about it, on a line of its own. */
  detail(text: string): void;
}

export function createTimeline(write: (line: string) => void, now: () => number): Timeline {
  const start = now();
  return {
    chapter: (text) => write(`\n${text}\n`),
    event: (text) => write(`  ${((now() - start) / 1_000).toFixed(2).padStart(5)} s  ${text}\n`),
    detail: (text) => write(`           ${text}\n`),
  };
}

/** Enough of a digest for a person to tell two apart. */
export function short(digest: string): string {
  return digest.length > 24 ? `${digest.slice(0, 15)}…${digest.slice(-4)}` : digest;
}
