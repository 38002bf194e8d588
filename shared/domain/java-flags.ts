import type { PatternReader } from './java-reader.ts';

/** Inline flags of java.util.regex. */
export type Flags = { readonly [flag in 'i' | 'u' | 's' | 'm' | 'x' | 'd' | 'U']: boolean };

export const noFlags: Flags = { i: false, u: false, s: false, m: false, x: false, d: false, U: false };

/** Flags in a group, from here on. */
export function readFlags(reader: PatternReader, flags: Flags): Flags {
  const changed = { ...flags };
  let on = true;
  for (;;) {
    const text = reader.peek()?.text ?? '';
    if (text === '-' && on) on = false;
    else if (isFlag(text)) {
      changed[text] = on;
      if (text === 'U') changed.u = on;
    } else return changed;
    reader.next();
  }
}

function isFlag(text: string): text is keyof Flags {
  return Object.hasOwn(noFlags, text);
}

/** `(?x)`: white space and comments mean nothing. */
export function skipComments(reader: PatternReader, flags: Flags): void {
  if (!flags.x) return;
  for (;;) {
    const one = reader.peek();
    if (one === undefined || one.quoted) return;
    if (one.text === '#') skipLine(reader);
    else if (/^[\t-\r ]$/.test(one.text)) reader.next();
    else return;
  }
}

function skipLine(reader: PatternReader): void {
  for (
    let one = reader.peek();
    one !== undefined && !/^[\n\r\u0085\u2028\u2029]$/.test(one.text);
    one = reader.peek()
  ) {
    reader.next();
  }
}
