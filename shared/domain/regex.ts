import { RE2JS } from 're2js';

/** Steps of a compiled expression: with it, compiling takes milliseconds and matching is linear with a small factor. */
const maxSize = 1000;

/** States are kept between matches, about 8 bytes by step and character seen: what one expression may keep. */
const maxKept = 256 * 1024;

export type CompiledRegex =
  | {
      readonly kind: 'ok';
      /** The whole value. */
      matches(value: string): boolean;
      /** Anywhere in the value. */
      finds(value: string): boolean;
    }
  | { readonly kind: 'invalid'; readonly message: string };

/** An RE2 expression, which takes time linear in a value's length. The message is RE2's own. */
export function compileRegex(source: string): CompiledRegex {
  if (regexSize(source) > maxSize) {
    return { kind: 'invalid', message: `is too large: written out, its repetitions make more than ${maxSize} steps` };
  }
  try {
    const regex = RE2JS.compile(source);
    return {
      kind: 'ok',
      matches: boundedMatcher(regex, (value) => regex.testExact(value)),
      finds: boundedMatcher(regex, (value) => regex.test(value)),
    };
  } catch (error) {
    return { kind: 'invalid', message: error instanceof Error ? error.message : 'is no RE2 expression' };
  }
}

function boundedMatcher(regex: RE2JS, test: (value: string) => boolean): (value: string) => boolean {
  let kept = 0;
  return (value) => {
    const matched = test(value);
    kept += 8 * value.length * regex.programSize();
    if (kept > maxKept) {
      regex.reset();
      kept = 0;
    }
    return matched;
  };
}

interface Group {
  total: number;
  /** Size of what a repetition that follows would repeat. */
  last: number;
}

/**
 * About how many steps the expression has when its counted repetitions are written out, as RE2 does before it looks at the
 * result: `(x{1000}){…}` costs seconds and hundreds of megabytes otherwise. What RE2 refuses may get any answer.
 */
export function regexSize(source: string): number {
  const open: Group[] = [];
  let group: Group = { total: 0, last: 0 };
  for (let at = 0; at < source.length && group.total <= maxSize; ) {
    const atom = atomLength(source, at);
    const count = repetition(source, at);
    if (count !== undefined) {
      repeatLast(group, count.times);
      at += count.length;
      continue;
    }
    if (source[at] === '(') {
      open.push(group);
      group = { total: 2, last: 0 };
    } else if (source[at] === ')') {
      group = closed(open.pop(), group);
    } else {
      addAtom(group, source.charAt(at));
    }
    at += atom;
  }
  return open.reduce((sum, outer) => sum + outer.total, group.total);
}

function closed(outer: Group | undefined, group: Group): Group {
  return { total: (outer?.total ?? 0) + group.total, last: group.total };
}

function addAtom(group: Group, character: string): void {
  group.total += 1;
  // `x*{3}` repeats what `*` made: the size stays that of x.
  if (!'*+?'.includes(character)) group.last = 1;
}

function repeatLast(group: Group, times: number): void {
  const size = group.last * Math.max(1, times);
  group.total += size - group.last;
  group.last = size;
}

/** `{n}`, `{n,}` or `{n,m}` at this place. */
function repetition(source: string, at: number): { readonly length: number; readonly times: number } | undefined {
  if (source[at] !== '{') return undefined;
  const [text, least, , most] = /^\{([0-9]{1,9})(,([0-9]{0,9}))?\}/.exec(source.slice(at, at + 24)) ?? [];
  return text === undefined
    ? undefined
    : { length: text.length, times: Math.max(Number(least) + 1, Number(most ?? 0)) };
}

/** Characters of an escape or of a class; all else is one. */
function atomLength(source: string, at: number): number {
  if (source[at] === '\\') return 2;
  if (source[at] !== '[') return 1;
  let end = at + (source[at + 1] === '^' ? 2 : 1);
  do end += source[end] === '\\' ? 2 : 1;
  while (end < source.length && source[end] !== ']');
  return end + 1 - at;
}
