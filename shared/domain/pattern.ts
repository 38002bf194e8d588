import { Range, validRange } from 'semver';
import { globMatches } from './glob.ts';
import { compileRegex } from './regex.ts';
import { parseSemverTag } from './versioning/semver.ts';

/** In characters. Work is at most pattern times value, so with it all matching is linear. */
const maxPatternLength = 512;

export interface Pattern {
  matches(value: string): boolean;
}

export type CompiledPattern =
  | { readonly kind: 'ok'; readonly pattern: Pattern }
  | { readonly kind: 'invalid'; readonly message: string };

/** Rules repeat between events; compiling an expression or a range costs more than matching it many times. */
const compiled = new Map<string, CompiledPattern>();
const maxCompiled = 200;

/** A glob (`*`, `?`), `regex:` and an RE2 expression, or `semver:` and an npm range. All match the whole value in linear time. */
export function compilePattern(text: string): CompiledPattern {
  if (text === '') return invalid('must not be empty; * matches everything');
  if (text.length > maxPatternLength) return invalid(`must be at most ${maxPatternLength} characters`);
  if (text.startsWith('regex:') || text.startsWith('semver:')) return compileOnce(text);
  return { kind: 'ok', pattern: { matches: (value) => globMatches(text, value) } };
}

function compileOnce(text: string): CompiledPattern {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const fresh = text.startsWith('regex:') ? regexPattern(text.slice(6)) : rangePattern(text.slice(7));
  const oldest = compiled.size < maxCompiled ? undefined : compiled.keys().next().value;
  if (oldest !== undefined) compiled.delete(oldest);
  compiled.set(text, fresh);
  return fresh;
}

function regexPattern(source: string): CompiledPattern {
  const regex = compileRegex(source);
  return regex.kind === 'ok' ? { kind: 'ok', pattern: regex } : regex;
}

function rangePattern(source: string): CompiledPattern {
  if (source.trim() === '' || validRange(source) === null) {
    return invalid('must be a range of semantic versions, e.g. semver:^1.2 or semver:>=1.2.0 <2');
  }
  const range = new Range(source);
  return { kind: 'ok', pattern: { matches: (value) => rangeAdmits(range, value) } };
}

/** Prereleases only where npm admits them: the range names one of the same version. */
function rangeAdmits(range: Range, value: string): boolean {
  const version = parseSemverTag(value);
  return version !== undefined && range.test(version);
}

function invalid(message: string): CompiledPattern {
  return { kind: 'invalid', message };
}
