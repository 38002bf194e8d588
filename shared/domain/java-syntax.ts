import { type CharacterSet, complement, ofRanges, printSet } from './character-set.ts';
import { type Escape, readClass, readSet } from './java-class-syntax.ts';
import { lineEnds, unixLineEnds } from './java-classes.ts';
import { readEscapedCharacter } from './java-escapes.ts';
import { type Flags, noFlags, readFlags, skipComments } from './java-flags.ts';
import { createPatternReader, PatternFault, type PatternReader } from './java-reader.ts';

export type TranslatedPattern =
  | { readonly kind: 'ok'; readonly source: string }
  | { readonly kind: 'invalid'; readonly position: number; readonly message: string };

interface Reading {
  readonly reader: PatternReader;
  readonly names: Set<string>;
}

/**
 * A pattern of java.util.regex (Java 17) as an RE2 expression that matches the same whole values. What RE2 cannot do in linear
 * time (lookaround, backreferences, possessive and atomic groups) is refused, and so is what Java refuses; `position` counts
 * UTF-16 units from 0. Groups capture nothing, and greed does not matter to a whole match.
 */
export function translateJavaPattern(pattern: string): TranslatedPattern {
  const reader = createPatternReader(pattern);
  try {
    const source = readAlternatives({ reader, names: new Set() }, noFlags);
    if (reader.peek() !== undefined) throw new PatternFault(reader.position(), 'this ) closes nothing');
    return { kind: 'ok', source };
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    return { kind: 'invalid', position: error.position, message: error.message };
  }
}

/** Up to the end or the `)` that ends it. Flags set on the way hold until there, in later alternatives too. */
function readAlternatives(reading: Reading, outer: Flags): string {
  const { reader } = reading;
  let flags = outer;
  let source = '';
  for (;;) {
    skipComments(reader, flags);
    if (reader.peek() === undefined || reader.sees(')')) return source;
    if (reader.take('|')) {
      source += '|';
      continue;
    }
    const atom = readAtom(reading, flags);
    if (typeof atom === 'string') source += readRepetition(reader, flags, atom);
    else flags = atom;
  }
}

/** One thing that may be repeated, or the flags from here on. */
function readAtom(reading: Reading, flags: Flags): string | Flags {
  const { reader } = reading;
  const at = reader.position();
  const one = reader.next();
  if (one === undefined) throw new PatternFault(at, 'ends too early');
  if (one.quoted) return printCharacter(one.text, flags);
  switch (one.text) {
    case '(':
      return readGroup(reading, flags, at);
    case '[':
      return printAny(readClass(reader, flags, at), flags);
    case '.':
      return printSet(flags.s ? complement(ofRanges()) : complement(flags.d ? unixLineEnds : lineEnds));
    case '^':
      return flags.m ? '(?m:^)' : '\\A';
    case '$':
      return flags.m ? '(?m:$)' : '\\z';
    case '\\':
      return readEscape(reader, flags, at);
    case '*':
    case '+':
    case '?':
      throw new PatternFault(at, `this ${one.text} repeats nothing`);
    case '{':
      throw new PatternFault(at, 'this { repeats nothing; write \\{ for the character');
    default:
      return printCharacter(one.text, flags);
  }
}

const unsupportedGroups = [
  ['?=', 'a lookahead is not supported'],
  ['?!', 'a lookahead is not supported'],
  ['?<=', 'a lookbehind is not supported'],
  ['?<!', 'a lookbehind is not supported'],
  ['?>', 'an atomic group is not supported'],
] as const;

function readGroup(reading: Reading, flags: Flags, at: number): string | Flags {
  const { reader } = reading;
  const unsupported = unsupportedGroups.find(([start]) => reader.sees(start));
  if (unsupported !== undefined) throw new PatternFault(at, `${unsupported[1]}: it cannot be matched in linear time`);
  if (reader.take('?<')) readName(reading);
  else if (reader.take('?')) {
    const inner = readFlags(reader, flags);
    if (reader.take(')')) return inner;
    if (!reader.take(':')) throw new PatternFault(reader.position(), 'there is no such flag or group');
    return closeGroup(reading, inner, at);
  }
  return closeGroup(reading, flags, at);
}

function closeGroup(reading: Reading, flags: Flags, at: number): string {
  const inner = readAlternatives(reading, flags);
  if (!reading.reader.take(')')) throw new PatternFault(at, 'this ( is never closed');
  return `(?:${inner})`;
}

function readName({ reader, names }: Reading): void {
  const at = reader.position();
  let name = '';
  while (/^[A-Za-z0-9]$/.test(reader.peek()?.text ?? '')) name += reader.next()?.text;
  if (!/^[A-Za-z]/.test(name) || !reader.take('>')) throw new PatternFault(at, "a group's name is letters and digits");
  if (names.has(name)) throw new PatternFault(at, `there are two groups called ${name}`);
  names.add(name);
}

/** The atom with the repetition that follows it. */
function readRepetition(reader: PatternReader, flags: Flags, atom: string): string {
  skipComments(reader, flags);
  const at = reader.position();
  const times = readTimes(reader, at);
  if (times === '') return atom;
  if (reader.sees('+')) {
    throw new PatternFault(
      at,
      `a possessive repetition (${times}+) is not supported: it cannot be matched in linear time`,
    );
  }
  reader.take('?');
  if (['*', '+', '?', '{'].some((sign) => reader.sees(sign))) {
    throw new PatternFault(reader.position(), 'what is repeated already; put it in a group');
  }
  return `(?:${atom})${times}`;
}

function readTimes(reader: PatternReader, at: number): string {
  for (const sign of ['*', '+', '?']) if (reader.take(sign)) return sign;
  if (!reader.take('{')) return '';
  let text = '';
  for (let one = reader.next(); one?.text !== '}'; one = reader.next()) {
    if (one === undefined || text.length > 20) break;
    text += one.text;
  }
  const [, least, most] = /^(\d+)(?:,(\d*))?$/.exec(text) ?? [];
  if (least === undefined)
    throw new PatternFault(at, 'a repetition is {n}, {n,} or {n,m}; write \\{ for the character');
  if (most !== undefined && most !== '' && Number(most) < Number(least)) {
    throw new PatternFault(at, `a repetition from ${least} to ${most}`);
  }
  if (Math.max(Number(least), Number(most ?? 0)) > 1000)
    throw new PatternFault(at, 'a repetition is at most 1000 times');
  return `{${text}}`;
}

function readEscape(reader: PatternReader, flags: Flags, at: number): string {
  const one = reader.next();
  if (one === undefined) throw new PatternFault(at, 'a \\ at the end escapes nothing');
  switch (one.text) {
    case 'A':
    case 'G':
      return '\\A';
    case 'z':
    case 'Z':
      return '\\z';
    case 'b':
    case 'B':
      return readBoundary(reader, flags, { at, letter: one.text });
    case 'R':
      return '(?:\\r\\n|[\\n\\x{b}\\f\\r\\x{85}\\x{2028}\\x{2029}])';
    default: {
      const set = readSet(reader, flags, { at, letter: one.text });
      if (set !== undefined) return printAny(set, flags);
      return printCharacter(String.fromCodePoint(readEscapedCharacter(reader, one.text, at)), flags);
    }
  }
}

function readBoundary(reader: PatternReader, flags: Flags, { at, letter }: Escape): string {
  if (flags.U || reader.sees('{')) throw new PatternFault(at, 'only \\b between ASCII words is supported');
  return `\\${letter}`;
}

function printAny(set: CharacterSet, flags: Flags): string {
  return flags.i && flags.u ? `(?i:${printSet(set)})` : printSet(set);
}

/** Without `u` only ASCII letters have two cases. */
function printCharacter(text: string, flags: Flags): string {
  const escaped = /^[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]$/.test(text) ? `\\${text}` : text;
  if (!flags.i) return escaped;
  if (flags.u) return `(?i:${escaped})`;
  return /^[A-Za-z]$/.test(text) ? `[${text.toUpperCase()}${text.toLowerCase()}]` : escaped;
}
