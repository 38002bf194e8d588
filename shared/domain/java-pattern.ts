import { translateJavaPattern } from './java-syntax.ts';
import { literalEdges } from './literal-edges.ts';
import { compileRegex } from './regex.ts';

/** In UTF-16 units. */
const maxPatternLength = 1024;

export type JavaPattern =
  | {
      readonly kind: 'ok';
      /** The whole value: equal to the pattern's text, or matched by it. */
      matches(value: string): boolean;
      /** Anywhere in the value; the text itself is no shortcut here. */
      finds(value: string): boolean;
    }
  | InvalidPattern;

export interface InvalidPattern {
  readonly kind: 'invalid';
  /** In UTF-16 units from 0. */
  readonly position: number;
  readonly message: string;
}

/** Patterns repeat between events; compiling one costs more than matching it many times. */
const compiled = new Map<string, JavaPattern>();
const maxCompiled = 500;

/** A pattern in Java's meaning, matched in time linear in the value's length. */
export function compileJavaPattern(text: string): JavaPattern {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const fresh = compileFresh(text);
  const oldest = compiled.size < maxCompiled ? undefined : compiled.keys().next().value;
  if (oldest !== undefined) compiled.delete(oldest);
  compiled.set(text, fresh);
  return fresh;
}

function compileFresh(text: string): JavaPattern {
  const compiled = compileShort(text);
  return compiled.kind === 'invalid' && isEncoded(text) ? literal(text) : compiled;
}

function compileShort(text: string): JavaPattern {
  if (text.length > maxPatternLength) {
    return { kind: 'invalid', position: maxPatternLength, message: `must be at most ${maxPatternLength} characters` };
  }
  const translated = translateJavaPattern(text);
  if (translated.kind === 'invalid') return translated;
  const regex = compileRegex(translated.source);
  if (regex.kind === 'invalid') return { kind: 'invalid', position: 0, message: regex.message };
  const { prefix, suffix } = literalEdges(text);
  const mayMatch = (value: string) => value.startsWith(prefix) && value.endsWith(suffix);
  return {
    kind: 'ok',
    matches: (value) => value === text || (mayMatch(value) && regex.matches(value)),
    finds: (value) => regex.finds(value),
  };
}

/** Embedded content is matched by its base64 text: long, and with a `++` now and then that repeats nothing. */
function isEncoded(text: string): boolean {
  return text.length >= 24 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function literal(text: string): JavaPattern {
  return { kind: 'ok', matches: (value) => value === text, finds: (value) => value.includes(text) };
}
