import type { SeenTags, WatchedRepository } from '../domain/watched-repository.ts';

/** When the list of repositories to watch is made anew. */
export interface WatchPlan {
  /** Epoch ms. */
  readonly nextAt: number;
  readonly rev: number;
}

/** What reconciliation remembers between two looks. */
export interface WatchStore {
  plan(): Promise<WatchPlan | undefined>;
  /** Writes if `rev` is the stored one (0 = absent); undefined on conflict: another sweep makes the list. */
  savePlan(plan: WatchPlan): Promise<WatchPlan | undefined>;
  find(repository: string): Promise<WatchedRepository | undefined>;
  /** Writes if `rev` is the stored one (0 = absent); undefined on conflict: another sweep is at it. */
  save(watched: WatchedRepository): Promise<WatchedRepository | undefined>;
  /** With what was seen of it. */
  remove(repository: string): Promise<void>;
  /** Empty = nothing was. */
  seen(repository: string): Promise<SeenTags>;
  /** By whoever holds the repository, before he gives it back. */
  saveSeen(repository: string, seen: SeenTags): Promise<void>;
  /** Those whose `nextAt` has come, the longest due first. */
  due(now: number, limit: number): Promise<readonly WatchedRepository[]>;
}
