/** One character of a pattern; a quoted one (`\Q…\E`) means itself. */
export interface PatternCharacter {
  readonly text: string;
  /** In UTF-16 units from 0. */
  readonly at: number;
  readonly quoted: boolean;
}

/** What is wrong with a pattern; thrown within its reading only. */
export class PatternFault extends Error {
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

/** The characters of a pattern, one after the other. */
export interface PatternReader {
  /** The character `ahead` of the present one; undefined beyond the end. */
  peek(ahead?: number): PatternCharacter | undefined;
  next(): PatternCharacter | undefined;
  /** Whether the next characters are these, unquoted. */
  sees(text: string): boolean;
  /** Takes them if they are next. */
  take(text: string): boolean;
  /** In UTF-16 units. */
  position(): number;
}

export function createPatternReader(pattern: string): PatternReader {
  const characters = unquoted(pattern);
  let place = 0;
  const peek = (ahead = 0) => characters[place + ahead];
  const sees = (text: string) =>
    [...text].every((one, index) => peek(index)?.text === one && peek(index)?.quoted === false);
  return {
    peek,
    sees,
    next: () => characters[place++],
    take: (text) => {
      if (!sees(text)) return false;
      place += [...text].length;
      return true;
    },
    position: () => peek()?.at ?? pattern.length,
  };
}

/** `\Q…\E` is taken out before all else, so it also works within classes and need not end. */
function unquoted(pattern: string): readonly PatternCharacter[] {
  const characters: PatternCharacter[] = [];
  let quoted = false;
  for (let at = 0; at < pattern.length; ) {
    const text = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
    const pair = pattern.slice(at, at + 2);
    if (pair === (quoted ? '\\E' : '\\Q')) {
      quoted = !quoted;
      at += 2;
    } else if (!quoted && text === '\\' && pair.length === 2) {
      // The escaped character is no part of a later \Q.
      const escaped = String.fromCodePoint(pattern.codePointAt(at + 1) ?? 0);
      characters.push({ text, at, quoted }, { text: escaped, at: at + 1, quoted });
      at += 1 + escaped.length;
    } else {
      characters.push({ text, at, quoted });
      at += text.length;
    }
  }
  return characters;
}
