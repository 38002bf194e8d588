import { Range, validRange } from 'semver';
import { isRepository, namesHost } from './reference.ts';
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

/** `*` any run, `?` one character. Two pointers: a failure goes back to the last `*` only, never further. */
function globMatches(glob: string, value: string): boolean {
  return starsMatch(glob, value, (part, character) => part === '?' || part === character);
}

/** A segment of a path: `*` any run of it, `?` is a character like others. */
function segmentMatches(pattern: string, segment: string): boolean {
  return starsMatch(pattern, segment, (part, character) => part === character);
}

function starsMatch(pattern: string, value: string, accepts: Runs['accepts']): boolean {
  return runsMatch([...pattern], [...value], { isRun: (part) => part === '*', accepts });
}

interface Runs {
  /** Whether the part stands for any number of items. */
  readonly isRun: (part: string) => boolean;
  readonly accepts: (part: string, item: string) => boolean;
}

/** Whole match of items against parts; work is at most parts times items, parts are bounded. */
function runsMatch(parts: readonly string[], items: readonly string[], { isRun, accepts }: Runs): boolean {
  let part = 0;
  let item = 0;
  let run = -1;
  let resume = 0;
  while (item < items.length) {
    const wanted = parts[part];
    if (wanted !== undefined && isRun(wanted)) {
      run = part++;
      resume = item;
    } else if (wanted !== undefined && accepts(wanted, items[item] ?? '')) {
      part += 1;
      item += 1;
    } else if (run !== -1) {
      part = run + 1;
      item = ++resume;
    } else {
      return false;
    }
  }
  return parts.slice(part).every(isRun);
}

function invalid(message: string): CompiledPattern {
  return { kind: 'invalid', message };
}

/**
 * `host/path` with wildcards: `*` is one segment or a part of one (`shop-*`), `**` any number of segments, at the end at least
 * one. A literal without a host can never match (records always say the host), so it is no pattern.
 */
export function isRepositoryPattern(text: string): boolean {
  if (text.length > maxPatternLength) return false;
  if (!text.includes('*')) return isRepository(text);
  const [host = '', ...rest] = text.split('/');
  const hostIsSound = host.includes('*') || namesHost(text);
  if (!hostIsSound || !isSegment(host, /^[a-z0-9.:*[\]-]+$/)) return false;
  return (rest.length > 0 || host === '**') && rest.every((segment) => isSegment(segment, /^[a-z0-9._*-]+$/));
}

function isSegment(segment: string, characters: RegExp): boolean {
  return segment === '**' || (characters.test(segment) && !segment.includes('**'));
}

/** Whether `host/path` is one that the pattern speaks of. */
export function repositoryMatches(pattern: string, repository: string): boolean {
  const parts = pattern.split('/').flatMap((part, index, all) => (isOpenEnd(part, index, all) ? ['*', '**'] : [part]));
  return runsMatch(parts, repository.split('/'), { isRun: (part) => part === '**', accepts: segmentMatches });
}

function isOpenEnd(part: string, index: number, all: readonly string[]): boolean {
  return part === '**' && index === all.length - 1;
}

/** `repository:<path>`, or with wildcards `repository:<longest literal ancestor>/`: what an event's own look-up will meet. */
export function subscriptionKey(pattern: string): string {
  if (!pattern.includes('*')) return `repository:${pattern}`;
  const segments = pattern.split('/');
  const literal = segments.slice(
    0,
    segments.findIndex((segment) => segment.includes('*')),
  );
  return literal.length === 0 ? 'repository:/' : `repository:${literal.join('/')}/`;
}

/** The repository's own key, then each ancestor's, the nearest first, then the root's. */
export function subscriptionLookupKeys(repository: string): readonly string[] {
  const segments = repository.split('/');
  const ancestors = segments.slice(1).map((_, index) => `repository:${segments.slice(0, index + 1).join('/')}/`);
  return [`repository:${repository}`, ...ancestors.reverse(), 'repository:/'];
}

export function pipelineSubscriptionKey(name: string): string {
  return `pipeline:${name}`;
}
