import type { Json } from '../json.ts';
import { compilePattern } from '../pattern.ts';
import type { Notes } from './imported.ts';
import { textOf } from './read-loose.ts';

/**
 * A filter that is a regular expression elsewhere, as a pattern of ours; one that reads like a wildcard is noted. Undefined: there
 * is none, or none that can be kept, and then the source must start nothing.
 */
export function versionPattern(value: Json | undefined, notes: Notes, path: string): string | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const shown = text.slice(0, 80);
  const pattern = `regex:${text}`;
  if (compilePattern(pattern).kind === 'ok') {
    if (looksLikeGlob(text)) notes.add(path, globNote(shown));
    return pattern;
  }
  const isGlob = compilePattern(text).kind === 'ok' && /^[\w.*?-]+$/.test(text);
  const fate = isGlob ? 'is taken as a wildcard' : 'is left out; until you write a filter the source starts no run';
  notes.add(path, `"${shown}" is no regular expression that can be matched in linear time and ${fate}.`);
  return isGlob ? text : undefined;
}

/** `V*`, where the star repeats a letter or digit: hardly anybody means that. */
function looksLikeGlob(text: string): boolean {
  return /[A-Za-z0-9_-]\*/.test(text);
}

function globNote(shown: string): string {
  const repeated = /[A-Za-z0-9_-](?=\*)/.exec(shown)?.[0] ?? '';
  return `"${shown}" is a regular expression, in which "${repeated}*" is any number of "${repeated}". If a wildcard was meant, write "${shown}" without "regex:".`;
}
