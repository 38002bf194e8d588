import { runsMatch, starsMatch } from './glob.ts';
import { isRepository, namesHost } from './reference.ts';

/** In characters: with it matching is linear. */
const maxPatternLength = 512;

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

/** A segment of a path: `*` any run of it, `?` is a character like others. */
function segmentMatches(pattern: string, segment: string): boolean {
  return starsMatch(pattern, segment, (part, character) => part === character);
}
