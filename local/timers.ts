import type { Log } from '../shared/ports/clock.ts';

export interface Timer {
  /** No further run begins; answers when the one under way has ended. */
  stop(): Promise<void>;
}

export interface TimerOptions {
  readonly name: string;
  /** From the end of a run to the beginning of the next. */
  readonly everyMs: number;
  readonly log: Log;
}

/** Runs something again and again, never twice at a time; a run that fails is logged and the next one tries again. */
export function startTimer(options: TimerOptions, run: () => Promise<void>): Timer {
  let stopped = false;
  let current: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const tick = async (): Promise<void> => {
    try {
      await run();
    } catch (error) {
      options.log.error('a timer failed', { timer: options.name, error });
    }
    if (!stopped) arm();
  };
  const arm = () => {
    timer = setTimeout(() => {
      current = tick();
    }, options.everyMs);
  };
  arm();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
