import type { Digest } from './digest.ts';
import type { FaultRecord } from './failure.ts';

/** A tag whose digest is not the recorded one. It is a gap if it still is not a while later: its event may be on its way. */
export interface Suspect {
  readonly tag: string;
  readonly digest: Digest;
  /** Epoch ms. */
  readonly since: number;
}

/** What is known of a repository that is compared with its registry from time to time. */
export interface WatchedRepository {
  /** `host/path`. */
  readonly repository: string;
  readonly suspects: readonly Suspect[];
  /** When all its tags were listed last, epoch ms; absent = never: what is there then was pushed before anybody watched. */
  readonly listedAt?: number;
  /** Where looking at the tags one by one goes on. */
  readonly after?: string;
  /** When it is to be looked at again, epoch ms. While somebody looks: when another may take over. */
  readonly nextAt: number;
  /** How often its registry has not answered in a row. */
  readonly failures: number;
  readonly error?: FaultRecord;
  readonly rev: number;
}

/**
 * The tags of a repository when it was looked at last, by `tagKey`, each with its `digestMark`; '' = it was there and not looked
 * at. Short names: of thousands of tags this is read and written as one.
 */
export type SeenTags = ReadonlyMap<string, string>;

export function tagKey(tag: string, sha256: (text: string) => string): string {
  return sha256(tag).slice(0, 12);
}

export function digestMark(digest: Digest): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 8);
}

/** How long an event may take before its tag counts as a gap. */
export const eventGraceMs = 5 * 60_000;

export type Comparison =
  /** Recorded, or unchanged since the last look: nothing to do. */
  | { readonly kind: 'known' }
  /** First seen among what was there before anybody watched. */
  | { readonly kind: 'baseline' }
  | { readonly kind: 'changed' };

/** One tag of the registry beside what was seen of it (undefined = nothing) and recorded. */
export function compareTag(found: {
  readonly digest: Digest;
  readonly before: string | undefined;
  readonly recorded: Digest | undefined;
  /** Nothing was seen of the repository yet. */
  readonly isFirstLook: boolean;
}): Comparison {
  const { digest, before, recorded, isFirstLook } = found;
  if (digest === recorded) return { kind: 'known' };
  if (recorded !== undefined) return { kind: 'changed' };
  if (before === digestMark(digest)) return { kind: 'known' };
  return isFirstLook || before === '' ? { kind: 'baseline' } : { kind: 'changed' };
}

/** 1, 2, 4 … minutes, at most the usual interval; longer where the registry asks for it. */
export function waitAfterFailure(
  failures: number,
  limits: { readonly everyMs: number; readonly askedMs?: number },
): number {
  const backOff = Math.min(limits.everyMs, 60_000 * 2 ** Math.min(failures, 10));
  return Math.max(backOff, limits.askedMs ?? 0);
}
