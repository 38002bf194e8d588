import type { CharacterSet } from './character-set.ts';
import { propertyClass } from './java-classes.ts';
import { PatternFault, type PatternReader } from './java-reader.ts';

/** What each letter after a backslash means that stands for one character. */
const controls: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, r: 0x0d, f: 0x0c, a: 0x07, e: 0x1b };

const refused: Readonly<Record<string, string>> = {
  k: 'a backreference is not supported',
  X: '\\X is not supported',
  N: '\\N{…} is not supported; write the character or \\x{…}',
  E: '\\E without \\Q',
};

/** The code point of an escape whose letter was just taken. What has no meaning here is refused with its place. */
export function readEscapedCharacter(reader: PatternReader, letter: string, at: number): number {
  const control = Object.hasOwn(controls, letter) ? controls[letter] : undefined;
  if (control !== undefined) return control;
  switch (letter) {
    case 'c':
      return readControl(reader, at);
    case '0':
      return readOctal(reader, at);
    case 'x':
      return readHex(reader, at);
    case 'u':
      return readUnicode(reader, at);
  }
  if (/[1-9]/.test(letter)) throw new PatternFault(at, 'a backreference is not supported');
  const why = Object.hasOwn(refused, letter) ? refused[letter] : undefined;
  if (why !== undefined) throw new PatternFault(at, why);
  if (/[A-Za-z]/.test(letter)) throw new PatternFault(at, `there is no escape \\${letter}`);
  return letter.codePointAt(0) ?? 0;
}

/** `\p{…}`, `\pL` and their denials, after the `p`. */
export function readProperty(
  reader: PatternReader,
  at: number,
  flags: { readonly ignoreCase: boolean; readonly unicode: boolean },
): CharacterSet {
  const first = reader.next()?.text ?? '';
  const name = first === '{' ? readBraced(reader, at) : first;
  const set = propertyClass(name, flags);
  if (set === undefined) throw new PatternFault(at, `there is no character class \\p{${name.slice(0, 40)}} here`);
  return set;
}

function readBraced(reader: PatternReader, at: number): string {
  let text = '';
  for (let one = reader.next(); one?.text !== '}'; one = reader.next()) {
    if (one === undefined) throw new PatternFault(at, 'the { of this escape is never closed');
    text += one.text;
  }
  return text;
}

function readControl(reader: PatternReader, at: number): number {
  const one = reader.next();
  if (one === undefined) throw new PatternFault(at, '\\c needs a character');
  return (one.text.codePointAt(0) ?? 0) ^ 64;
}

/** `\0n`, `\0nn` or `\0mnn` with m up to 3. */
function readOctal(reader: PatternReader, at: number): number {
  let digits = '';
  while (digits.length < (/^[0-3]/.test(digits) ? 3 : 2) && /^[0-7]$/.test(reader.peek()?.text ?? '')) {
    digits += reader.next()?.text;
  }
  if (digits === '') throw new PatternFault(at, '\\0 needs octal digits');
  return Number.parseInt(digits, 8);
}

function readHex(reader: PatternReader, at: number): number {
  const digits = reader.take('{') ? readBraced(reader, at) : readDigits(reader, 2);
  const code = /^[0-9A-Fa-f]{2,8}$|^[0-9A-Fa-f]$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  if (!(code <= 0x10_ff_ff)) throw new PatternFault(at, '\\x needs two hex digits, or {…} with a code point');
  return code;
}

function readUnicode(reader: PatternReader, at: number): number {
  const high = hexUnit(reader, at);
  const isPair = high >= 0xd8_00 && high <= 0xdb_ff && reader.sees('\\u');
  if (!isPair) return high;
  reader.take('\\u');
  const low = hexUnit(reader, at);
  if (low < 0xdc_00 || low > 0xdf_ff) throw new PatternFault(at, 'half of a surrogate pair');
  return (high - 0xd8_00) * 0x4_00 + (low - 0xdc_00) + 0x1_00_00;
}

function hexUnit(reader: PatternReader, at: number): number {
  const digits = readDigits(reader, 4);
  if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw new PatternFault(at, '\\u needs four hex digits');
  return Number.parseInt(digits, 16);
}

function readDigits(reader: PatternReader, count: number): string {
  let digits = '';
  while (digits.length < count && /^[0-9A-Fa-f]$/.test(reader.peek()?.text ?? '')) digits += reader.next()?.text;
  return digits.length === count ? digits : '';
}
