/** `*` any run, `?` one character. Two pointers: a failure goes back to the last `*` only, never further. */
export function globMatches(glob: string, value: string): boolean {
  return starsMatch(glob, value, (part, character) => part === '?' || part === character);
}

/** The same over characters of one's own meaning. */
export function starsMatch(pattern: string, value: string, accepts: Runs['accepts']): boolean {
  return runsMatch([...pattern], [...value], { isRun: (part) => part === '*', accepts });
}

interface Runs {
  /** Whether the part stands for any number of items. */
  readonly isRun: (part: string) => boolean;
  readonly accepts: (part: string, item: string) => boolean;
}

/** Whole match of items against parts; work is at most parts times items, parts are bounded. */
export function runsMatch(parts: readonly string[], items: readonly string[], { isRun, accepts }: Runs): boolean {
  let part = 0;
  let item = 0;
  let run = -1;
  let resume = 0;
  while (item < items.length) {
    const wanted = parts[part];
    if (wanted !== undefined && isRun(wanted)) {
      run = part++;
      resume = item;
    } else if (wanted !== undefined && accepts(wanted, items[item] ?? '')) {
      part += 1;
      item += 1;
    } else if (run !== -1) {
      part = run + 1;
      item = ++resume;
    } else {
      return false;
    }
  }
  return parts.slice(part).every(isRun);
}
