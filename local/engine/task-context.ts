import type { Clock } from '../../shared/ports/clock.ts';

/** What `$$.Task` and `$$.State` answer; the library fills in neither. */
export interface TaskContext {
  readonly Task: { readonly Token: string };
  readonly State: { readonly EnteredTime: string; readonly RetryCount: number };
}

/**
 * Getters, because a context is given once for a whole execution: each reading is a new entry. The times grow strictly, so that
 * two waits of one node within a millisecond still have a newer and an older token. A retry is an entry of its own, hence 0.
 */
export function taskContext(clock: Clock, newToken: () => string): TaskContext {
  let last = 0;
  return {
    Task: {
      get Token() {
        return newToken();
      },
    },
    State: {
      get EnteredTime() {
        last = Math.max(clock.now(), last + 1);
        return new Date(last).toISOString();
      },
      RetryCount: 0,
    },
  };
}
