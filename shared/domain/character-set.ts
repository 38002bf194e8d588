/** Code points from and to, both included. */
type Range = readonly [number, number];

/**
 * A set of characters: ranges and RE2's own Unicode classes (`\p{L}`, `\P{Lu}`), all of it negated or not. Immutable.
 */
export interface CharacterSet {
  readonly negated: boolean;
  readonly ranges: readonly Range[];
  readonly classes: readonly string[];
}

const last = 0x10_ff_ff;

export function ofRanges(...ranges: readonly Range[]): CharacterSet {
  return { negated: false, ranges, classes: [] };
}

/** `name` as RE2 writes it between the braces. */
export function ofClass(...names: readonly string[]): CharacterSet {
  return { negated: false, ranges: [], classes: names.map((name) => `\\p{${name}}`) };
}

export function complement(set: CharacterSet): CharacterSet {
  return { ...set, negated: !set.negated };
}

/** Undefined where RE2 has no form for it: a negated mixture with something else. */
export function union(one: CharacterSet, other: CharacterSet): CharacterSet | undefined {
  const [a, b] = [plain(one), plain(other)];
  if (a === undefined || b === undefined) return undefined;
  return { negated: false, ranges: merged([...a.ranges, ...b.ranges]), classes: [...a.classes, ...b.classes] };
}

export function intersection(one: CharacterSet, other: CharacterSet): CharacterSet | undefined {
  const outside = union(complement(one), complement(other));
  return outside && complement(outside);
}

/** With the other case of every ASCII letter: what `(?i)` means in Java without `u`. */
export function withAsciiCase(set: CharacterSet): CharacterSet {
  const upper = set.ranges.flatMap((range) => shifted(range, 0x61, -0x20));
  const lower = set.ranges.flatMap((range) => shifted(range, 0x41, 0x20));
  return { ...set, ranges: merged([...set.ranges, ...upper, ...lower]) };
}

/** As RE2 writes it. */
export function printSet({ negated, ranges, classes }: CharacterSet): string {
  if (ranges.length === 0 && classes.length === 0) return negated ? '(?s:.)' : '[^\\x{0}-\\x{10ffff}]';
  return `[${negated ? '^' : ''}${merged(ranges).map(printRange).join('')}${classes.join('')}]`;
}

/** The same set without negation, where there is one. */
function plain(set: CharacterSet): CharacterSet | undefined {
  if (!set.negated) return set;
  if (set.classes.length === 0) return { negated: false, ranges: gaps(set.ranges), classes: [] };
  const [only] = set.classes;
  if (only === undefined || set.classes.length > 1 || set.ranges.length > 0) return undefined;
  const flipped = `\\${only.startsWith('\\p') ? 'P' : 'p'}${only.slice(2)}`;
  return { negated: false, ranges: [], classes: [flipped] };
}

function gaps(ranges: readonly Range[]): readonly Range[] {
  const between: Range[] = [];
  let next = 0;
  for (const [from, to] of merged(ranges)) {
    if (from > next) between.push([next, from - 1]);
    next = to + 1;
  }
  return next <= last ? [...between, [next, last]] : between;
}

function merged(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const end = joined.at(-1);
    if (end !== undefined && from <= end[1] + 1) end[1] = Math.max(end[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** The part of a range within the 26 letters from `start`, moved. */
function shifted([from, to]: Range, start: number, by: number): readonly Range[] {
  const [first, end] = [Math.max(from, start), Math.min(to, start + 25)];
  return first > end ? [] : [[first + by, end + by]];
}

function printRange([from, to]: Range): string {
  const hex = (code: number) => `\\x{${code.toString(16)}}`;
  return from === to ? hex(from) : `${hex(from)}-${hex(to)}`;
}
