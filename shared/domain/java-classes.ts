import { type CharacterSet, complement, ofClass, ofRanges, union } from './character-set.ts';

/** Character classes of java.util.regex.Pattern (Java 17), as far as RE2's tables have them. */

const digit = ofRanges([0x30, 0x39]);
const word = ofRanges([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
const space = ofRanges([0x09, 0x0d], [0x20, 0x20]);
const horizontal = ofRanges(
  [0x09, 0x09],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
);
const vertical = ofRanges([0x0a, 0x0d], [0x85, 0x85], [0x2028, 0x2029]);

/** What ends a line: "." is everything else; with `(?d)` only \n ends one. */
export const lineEnds = ofRanges([0x0a, 0x0a], [0x0d, 0x0d], [0x85, 0x85], [0x2028, 0x2029]);
export const unixLineEnds = ofRanges([0x0a, 0x0a]);

const unicodeDigit = ofClass('Nd');
const unicodeSpace = ofClass('White_Space');
/** UTS 18: letters, marks, digits, connectors, joiners. */
const unicodeWord: CharacterSet = {
  negated: false,
  ranges: [[0x200c, 0x200d]],
  classes: ofClass('Alphabetic', 'M', 'Nd', 'Pc').classes,
};

/** `\d \D \w \W \s \S \h \H \v \V`; `unicode` = under `(?U)`. */
export function shorthandClass(letter: string, unicode: boolean): CharacterSet | undefined {
  const lower = letter.toLowerCase();
  const set = shorthand(lower, unicode);
  return set === undefined || lower === letter ? set : complement(set);
}

function shorthand(letter: string, unicode: boolean): CharacterSet | undefined {
  switch (letter) {
    case 'd':
      return unicode ? unicodeDigit : digit;
    case 'w':
      return unicode ? unicodeWord : word;
    case 's':
      return unicode ? unicodeSpace : space;
    case 'h':
      return horizontal;
    case 'v':
      return vertical;
    default:
      return undefined;
  }
}

const letters = ofRanges([0x41, 0x5a], [0x61, 0x7a]);

const posix: Readonly<Record<string, CharacterSet>> = {
  Lower: ofRanges([0x61, 0x7a]),
  Upper: ofRanges([0x41, 0x5a]),
  ASCII: ofRanges([0x00, 0x7f]),
  Alpha: letters,
  Digit: digit,
  Alnum: ofRanges([0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]),
  Punct: ofRanges([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  Graph: ofRanges([0x21, 0x7e]),
  Print: ofRanges([0x20, 0x7e]),
  Blank: ofRanges([0x09, 0x09], [0x20, 0x20]),
  Cntrl: ofRanges([0x00, 0x1f], [0x7f, 0x7f]),
  XDigit: ofRanges([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]),
  Space: space,
};

/** What `(?U)` makes of the POSIX names; the others have no class in RE2. */
const unicodePosix: Readonly<Record<string, CharacterSet>> = {
  Lower: ofClass('Lowercase'),
  Upper: ofClass('Uppercase'),
  ASCII: ofRanges([0x00, 0x7f]),
  Alpha: ofClass('Alphabetic'),
  Digit: unicodeDigit,
  Alnum: ofClass('Alphabetic', 'Nd'),
  Punct: ofClass('P'),
  Cntrl: ofClass('Cc'),
  Space: unicodeSpace,
};

const categories =
  'L Lu Ll Lt Lm Lo LC M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cs Co Cn'.split(
    ' ',
  );

/** Binary properties that Java knows after `Is`, compared without case and underscores. */
const binary: Readonly<Record<string, CharacterSet>> = {
  alphabetic: ofClass('Alphabetic'),
  letter: ofClass('L'),
  lowercase: ofClass('Lowercase'),
  uppercase: ofClass('Uppercase'),
  titlecase: ofClass('Lt'),
  punctuation: ofClass('P'),
  control: ofClass('Cc'),
  whitespace: unicodeSpace,
  digit: unicodeDigit,
  assigned: complement(ofClass('Cn')),
};

/** Scripts by long name and ISO 15924 code. */
const scripts: Readonly<Record<string, string>> = {
  arabic: 'Arabic',
  arab: 'Arabic',
  armenian: 'Armenian',
  armn: 'Armenian',
  bengali: 'Bengali',
  beng: 'Bengali',
  common: 'Common',
  zyyy: 'Common',
  cyrillic: 'Cyrillic',
  cyrl: 'Cyrillic',
  devanagari: 'Devanagari',
  deva: 'Devanagari',
  georgian: 'Georgian',
  geor: 'Georgian',
  greek: 'Greek',
  grek: 'Greek',
  han: 'Han',
  hani: 'Han',
  hangul: 'Hangul',
  hang: 'Hangul',
  hebrew: 'Hebrew',
  hebr: 'Hebrew',
  hiragana: 'Hiragana',
  hira: 'Hiragana',
  katakana: 'Katakana',
  kana: 'Katakana',
  latin: 'Latin',
  latn: 'Latin',
  tamil: 'Tamil',
  taml: 'Tamil',
  thai: 'Thai',
};

/** The class that `\p{text}` names; undefined = unknown here. Under `(?i)` the case classes are one (Java 15 and later). */
export function propertyClass(
  text: string,
  flags: { readonly ignoreCase: boolean; readonly unicode: boolean },
): CharacterSet | undefined {
  const found = ownEntry(flags.unicode ? unicodePosix : posix, text) ?? unicodeClass(text);
  return found !== undefined && flags.ignoreCase ? withoutCase(text, found) : found;
}

function unicodeClass(text: string): CharacterSet | undefined {
  if (text === 'all') return ofRanges([0, 0x10_ff_ff]);
  if (text === 'L1') return ofRanges([0, 0xff]);
  if (categories.includes(text)) return ofClass(text);
  const [, key = '', value = ''] = /^(?:(\w+)=|Is)(\w+)$/.exec(text) ?? [];
  const name = value.toLowerCase();
  if (['', 'sc', 'script'].includes(key.toLowerCase())) {
    const script = ownEntry(scripts, name);
    if (script !== undefined) return ofClass(script);
  }
  if (['', 'gc', 'general_category'].includes(key.toLowerCase()) && categories.includes(value)) return ofClass(value);
  return key === '' ? ownEntry(binary, name.replaceAll('_', '')) : undefined;
}

function withoutCase(text: string, set: CharacterSet): CharacterSet {
  if (text === 'Lower' || text === 'Upper') return union(set, set.classes.length > 0 ? ofClass('LC') : letters) ?? set;
  if (/^(Is|gc=|general_category=)?L[ult]$/.test(text)) return ofClass('LC');
  if (/^Is(lower|upper|title)case$/i.test(text)) return ofClass('Lowercase', 'Uppercase', 'Lt');
  return set;
}

function ownEntry<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
