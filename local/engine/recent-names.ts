/** The last names that came, at most `limit`: the oldest goes first. */
export interface RecentNames {
  add(name: string): void;
  has(name: string): boolean;
}

export function createRecentNames(limit: number): RecentNames {
  const names = new Set<string>();
  return {
    add(name) {
      names.delete(name);
      names.add(name);
      for (const oldest of names) {
        if (names.size <= limit) break;
        names.delete(oldest);
      }
    },
    has: (name) => names.has(name),
  };
}
