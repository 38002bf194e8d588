import { type CharacterSet, complement, intersection, ofRanges, union, withAsciiCase } from './character-set.ts';
import { shorthandClass } from './java-classes.ts';
import { readEscapedCharacter, readProperty } from './java-escapes.ts';
import { type Flags, skipComments } from './java-flags.ts';
import { type PatternCharacter, PatternFault, type PatternReader } from './java-reader.ts';

/** A backslash and the letter behind it. */
export interface Escape {
  readonly at: number;
  readonly letter: string;
}

/** An escape that stands for several characters. */
export function readSet(reader: PatternReader, flags: Flags, { at, letter }: Escape): CharacterSet | undefined {
  if (letter !== 'p' && letter !== 'P') return shorthandClass(letter, flags.U);
  const set = readProperty(reader, at, { ignoreCase: flags.i, unicode: flags.U });
  return letter === 'p' ? set : complement(set);
}

/** `[…]` after its `[`: unions of items and classes, intersected at `&&`. */
export function readClass(reader: PatternReader, flags: Flags, at: number): CharacterSet {
  const negated = reader.take('^');
  const operands: CharacterSet[] = [];
  let current: CharacterSet | undefined;
  for (let isFirst = true; ; isFirst = false) {
    skipComments(reader, flags);
    if (reader.peek() === undefined) throw new PatternFault(at, 'this [ is never closed');
    if (!isFirst && reader.take(']')) break;
    const place = reader.position();
    if (reader.take('&&')) {
      if (reader.sees('&')) throw new PatternFault(place, 'write && between two classes, not &&&');
      if (current !== undefined) operands.push(current);
      current = undefined;
      continue;
    }
    const item = readItem(reader, flags);
    current = current === undefined ? item : supported(union(current, item), place);
  }
  if (current !== undefined) operands.push(current);
  const set = operands.reduce((all, one) => supported(intersection(all, one), at));
  return negated ? complement(set) : set;
}

function supported(set: CharacterSet | undefined, at: number): CharacterSet {
  if (set !== undefined) return set;
  throw new PatternFault(
    at,
    'this mixture of Unicode classes is not supported; use ranges, or && of two single classes',
  );
}

/** A class within a class, an escape for several characters, a character or a range of them. */
function readItem(reader: PatternReader, flags: Flags): CharacterSet {
  const at = reader.position();
  const one = reader.next();
  if (one !== undefined && !one.quoted && one.text === '[') return readClass(reader, flags, at);
  const letter = one?.text === '\\' && !one.quoted ? reader.peek()?.text : undefined;
  if (letter !== undefined) {
    const set = peekSet(reader, flags, { at, letter });
    if (set !== undefined) return set;
  }
  const from = readMember(reader, one, at);
  const ends = reader.sees('-]') || reader.sees('-&&');
  if (ends || !reader.take('-')) return cased(ofRanges([from, from]), flags);
  skipComments(reader, flags);
  if (reader.sees('[')) throw new PatternFault(at, 'a range ends with a character');
  const to = readMember(reader, reader.next(), at);
  if (to < from) throw new PatternFault(at, 'a range goes upwards');
  return cased(ofRanges([from, to]), flags);
}

function peekSet(reader: PatternReader, flags: Flags, found: Escape): CharacterSet | undefined {
  if (!/^[dDwWsShHvVpP]$/.test(found.letter)) return undefined;
  reader.next();
  return readSet(reader, flags, found);
}

function readMember(reader: PatternReader, one: PatternCharacter | undefined, at: number): number {
  if (one === undefined) throw new PatternFault(at, 'this [ is never closed');
  if (one.quoted || one.text !== '\\') return one.text.codePointAt(0) ?? 0;
  const escaped = reader.next();
  if (escaped === undefined) throw new PatternFault(at, 'a \\ at the end escapes nothing');
  return readEscapedCharacter(reader, escaped.text, one.at);
}

function cased(set: CharacterSet, flags: Flags): CharacterSet {
  return flags.i ? withAsciiCase(set) : set;
}
