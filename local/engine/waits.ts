import { endedError, timeoutError } from './task-error.ts';

/** Tasks that wait for their token, in memory only: after a restart each asks the ledger again and waits under a new one. */
export interface Waits {
  /** The wait exists from this call on, so a wake that comes before anyone awaits it is not lost. */
  open(token: string, owner: object, timeoutMs: number): Promise<void>;
  /** Ends the wait of that token; any other is ignored. */
  wake(token: string): void;
  /** Ends every wait of a machine that is over; their timers would keep it in memory for a day. */
  drop(owner: object): void;
  size(): number;
}

interface Wait {
  readonly owner: object;
  end(fault?: Error): void;
}

export function createWaits(): Waits {
  const waits = new Map<string, Wait>();
  const byOwner = new Map<object, Set<string>>();

  function forget(token: string, owner: object): void {
    waits.delete(token);
    const tokens = byOwner.get(owner);
    tokens?.delete(token);
    if (tokens?.size === 0) byOwner.delete(owner);
  }

  return {
    open(token, owner, timeoutMs) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const end = (fault?: Error): void => {
        clearTimeout(timer);
        forget(token, owner);
        if (fault === undefined) resolve();
        else reject(fault);
      };
      const timer = setTimeout(() => end(timeoutError()), timeoutMs);
      waits.set(token, { owner, end });
      byOwner.set(owner, (byOwner.get(owner) ?? new Set()).add(token));
      return promise;
    },
    wake: (token) => waits.get(token)?.end(),
    drop(owner) {
      for (const token of [...(byOwner.get(owner) ?? [])]) waits.get(token)?.end(endedError());
    },
    size: () => waits.size,
  };
}
