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
  /** The digest of each tag when it was looked at last; '' = the tag was there and not looked at. */
  readonly seen: Readonly<Record<string, string>>;
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

/** How long an event may take before its tag counts as a gap. */
export const eventGraceMs = 5 * 60_000;

export type Comparison =
  /** Recorded, or unchanged since the last look: nothing to do. */
  | { readonly kind: 'known' }
  /** First seen among what was there before anybody watched. */
  | { readonly kind: 'baseline' }
  | { readonly kind: 'changed' };

/** One tag of the registry beside what was seen and recorded of it. */
export function compareTag(
  watched: Pick<WatchedRepository, 'seen' | 'listedAt'>,
  found: { readonly tag: string; readonly digest: string; readonly recorded: string | undefined },
): Comparison {
  const { tag, digest, recorded } = found;
  if (digest === recorded) return { kind: 'known' };
  const before = Object.hasOwn(watched.seen, tag) ? watched.seen[tag] : undefined;
  if (before === digest && recorded === undefined) return { kind: 'known' };
  const isFirst = watched.listedAt === undefined || before === '';
  return isFirst && recorded === undefined ? { kind: 'baseline' } : { kind: 'changed' };
}

/** 1, 2, 4 … minutes, at most the usual interval; longer where the registry asks for it. */
export function waitAfterFailure(
  failures: number,
  limits: { readonly everyMs: number; readonly askedMs?: number },
): number {
  const backOff = Math.min(limits.everyMs, 60_000 * 2 ** Math.min(failures, 10));
  return Math.max(backOff, limits.askedMs ?? 0);
}
