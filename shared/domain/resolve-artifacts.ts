import { type Comparable, comparedFields } from './compared-artifact.ts';
import type { ArtifactPattern } from './expected-artifact.ts';
import { type ArtifactMatch, findInvalidPattern, matchArtifact } from './match-artifact.ts';

/** As much of an expectation as resolution needs. */
export interface Expectation<T> {
  readonly id: string;
  readonly matchArtifact: ArtifactPattern;
  readonly usePriorArtifact: boolean;
  readonly useDefaultArtifact: boolean;
  readonly defaultArtifact?: T;
}

export interface Resolution<T, E> {
  readonly expectation: E;
  readonly artifact: T;
  /** Further matches that count as the same one. */
  readonly elsewhere?: readonly T[];
  readonly from: 'received' | 'prior' | 'default';
}

/** Why an artifact was not taken, or that it was one of too many. */
interface Candidate {
  readonly from: 'received' | 'prior';
  readonly text: string;
}

/** The codes of the contract. */
export type ResolutionCode = 'unmatched-expected-artifact' | 'multiple-matches' | 'invalid-pattern';

export interface ResolutionFault {
  readonly kind: 'failed';
  readonly code: ResolutionCode;
  /** Of the expectation, and its place in the list. */
  readonly id: string;
  readonly index: number;
  readonly message: string;
  /** At most ten, each with why it was not taken. */
  readonly candidates: readonly string[];
}

export type ResolutionResult<T, E> =
  | {
      readonly kind: 'resolved';
      readonly resolved: readonly Resolution<T, E>[];
      /** Each once, in the order of resolution. */
      readonly artifacts: readonly T[];
    }
  | ResolutionFault
  /** Ask again with `prior`: an expectation wants it, and it was not given. */
  | { readonly kind: 'priorNeeded' };

export interface ResolveRequest<T, E> {
  readonly expected: readonly E[];
  /** In order; equal ones are two. */
  readonly received: readonly T[];
  /** Undefined = not looked up yet. */
  readonly prior?: readonly T[];
  readonly requireUniqueMatches: boolean;
  /** Whether several matches are one thing, of which a target takes its own; without it they are several. */
  readonly areTwins?: (matches: readonly T[]) => boolean;
}

/**
 * Spinnaker's ArtifactResolver: each expectation in order takes from what was received, else from what is prior, else its
 * default as it is. The first that cannot be resolved fails all. Of several matches the first is taken, or, where they must be
 * unique, none: that is final.
 */
export function resolveArtifacts<T extends Comparable, E extends Expectation<T>>(
  request: ResolveRequest<T, E>,
): ResolutionResult<T, E> {
  const resolved: Resolution<T, E>[] = [];
  for (const [index, expectation] of request.expected.entries()) {
    const one = resolveOne(request, expectation);
    if (one.kind === 'priorNeeded') return one;
    if (one.kind === 'failed') return { ...one, id: expectation.id, index };
    resolved.push({ expectation, artifact: one.artifact, from: one.from, ...twinsOf(one) });
  }
  return { kind: 'resolved', resolved, artifacts: distinct(resolved.map(({ artifact }) => artifact)) };
}

type OneResult<T> =
  | ({ readonly kind: 'found' } & Omit<Resolution<T, unknown>, 'expectation'>)
  | Omit<ResolutionFault, 'id' | 'index'>
  | { readonly kind: 'priorNeeded' };

function resolveOne<T extends Comparable, E extends Expectation<T>>(
  request: ResolveRequest<T, E>,
  expectation: E,
): OneResult<T> {
  const how = { unique: request.requireUniqueMatches, areTwins: request.areTwins };
  const received = search(expectation, request.received, { from: 'received', ...how });
  if (received.kind !== 'none') return received;
  if (expectation.usePriorArtifact) {
    if (request.prior === undefined) return { kind: 'priorNeeded' };
    const prior = search(expectation, request.prior, { from: 'prior', ...how });
    if (prior.kind !== 'none') return prior;
  }
  const { useDefaultArtifact, defaultArtifact } = expectation;
  if (useDefaultArtifact && defaultArtifact !== undefined) {
    return { kind: 'found', artifact: defaultArtifact, from: 'default' };
  }
  return unmatched(request, expectation);
}

function twinsOf<T>({ elsewhere }: Pick<Resolution<T, unknown>, 'elsewhere'>) {
  return elsewhere === undefined ? {} : { elsewhere };
}

interface Search<T> {
  readonly from: 'received' | 'prior';
  readonly unique: boolean;
  readonly areTwins: ResolveRequest<T, unknown>['areTwins'];
}

function search<T extends Comparable>(
  expectation: Expectation<T>,
  artifacts: readonly T[],
  { from, unique, areTwins }: Search<T>,
): OneResult<T> | { readonly kind: 'none' } {
  const found: T[] = [];
  for (const artifact of artifacts) {
    const match = matchArtifact(expectation.matchArtifact, artifact);
    if (match.kind === 'invalid') return invalidPattern(expectation, match);
    if (match.kind === 'matches') found.push(artifact);
    if (match.kind === 'matches' && !unique) break;
  }
  const [first, ...others] = found;
  if (first === undefined) return { kind: 'none' };
  if (others.length === 0) return { kind: 'found', artifact: first, from };
  if (areTwins?.(found) === true) return { kind: 'found', artifact: first, elsewhere: others, from };
  return multiple(expectation, found, from);
}

function multiple<T extends Comparable>(
  expectation: Expectation<T>,
  found: readonly T[],
  from: Candidate['from'],
): OneResult<T> {
  const candidates = listed(found.map((artifact) => ({ from, text: describeArtifact(artifact) })));
  const message = `Expected artifact ${describeExpectation(expectation)} matches ${found.length} ${from} artifacts: ${candidates.join('; ')}. Write a narrower matchArtifact.`;
  return { kind: 'failed', code: 'multiple-matches', message, candidates };
}

function invalidPattern<T>(
  { id, matchArtifact: pattern }: Expectation<T>,
  { field, position, message }: Extract<ArtifactMatch, { kind: 'invalid' }>,
): OneResult<T> {
  const text = `Expected artifact "${id}": matchArtifact.${field} ${quoted(pattern[field] ?? '')} at position ${position}: ${message}.`;
  return { kind: 'failed', code: 'invalid-pattern', message: text, candidates: [] };
}

function unmatched<T extends Comparable, E extends Expectation<T>>(
  { received, prior = [] }: ResolveRequest<T, E>,
  expectation: E,
): OneResult<T> {
  const invalid = findInvalidPattern(expectation.matchArtifact);
  if (invalid !== undefined) return invalidPattern(expectation, invalid);
  const tried = [
    ...received.map((artifact) => ({ from: 'received' as const, artifact })),
    ...(expectation.usePriorArtifact ? prior : []).map((artifact) => ({ from: 'prior' as const, artifact })),
  ];
  const candidates = listed(
    tried.map(({ from, artifact }) => ({
      from,
      text: `${describeArtifact(artifact)} (${describeDifference(expectation, artifact)})`,
    })),
  );
  const why = candidates.length === 0 ? 'there was no artifact to take' : candidates.join('; ');
  const message = `Expected artifact ${describeExpectation(expectation)} was not matched: ${why}.${absent(expectation)}`;
  return { kind: 'failed', code: 'unmatched-expected-artifact', message, candidates };
}

/** What might have been taken instead, and was not there. */
function absent<T>({ usePriorArtifact, useDefaultArtifact }: Expectation<T>): string {
  if (useDefaultArtifact) return ' useDefaultArtifact is set, but there is no defaultArtifact.';
  return usePriorArtifact ? ' The run before it has none either.' : '';
}

const mostCandidates = 10;

function listed(candidates: readonly Candidate[]): readonly string[] {
  const shown = candidates.slice(0, mostCandidates).map(({ from, text }) => `${from} ${text}`);
  const more = candidates.length - shown.length;
  return more > 0 ? [...shown, `${more} more`] : shown;
}

function describeExpectation<T>({ id, matchArtifact: pattern }: Expectation<T>): string {
  const fields = comparedFields.filter((field) => (pattern[field] ?? '') !== '');
  return `"${id.slice(0, 80)}" (${fields.map((field) => `${field} ${quoted(pattern[field] ?? '')}`).join(', ') || 'any'})`;
}

function describeArtifact(artifact: Comparable): string {
  const { type = 'without type', name, version, reference } = artifact;
  return [type, name ?? reference ?? 'without name', version]
    .filter((one) => one !== undefined)
    .map(shortened)
    .join(' ');
}

function describeDifference<T extends Comparable>(expectation: Expectation<T>, artifact: T): string {
  const match = matchArtifact(expectation.matchArtifact, artifact);
  if (match.kind !== 'differs') return 'matches';
  const value = match.value === undefined ? 'it has none' : `it is ${quoted(match.value)}`;
  return `${match.field} differs: ${value}`;
}

/** Bodies may be embedded in references. */
function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function quoted(text: string): string {
  return `"${shortened(text)}"`;
}

/** Each once, by every field: Spinnaker's equality. */
export function distinct<T extends object>(artifacts: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return artifacts.filter((artifact) => {
    const text = equalityText(artifact);
    return seen.has(text) ? false : seen.add(text);
  });
}

function equalityText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(equalityText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  const texts = entries.map(([key, one]) => `${JSON.stringify(key)}:${equalityText(one)}`);
  return `{${texts.sort().join()}}`;
}
