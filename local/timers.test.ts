import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTimer } from './timers.ts';

const errors: unknown[] = [];
const log = { info: () => {}, warn: () => {}, error: (_message: string, fields?: unknown) => errors.push(fields) };

describe('startTimer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    errors.length = 0;
  });
  afterEach(() => vi.useRealTimers());

  it('runs again only after the run before has ended', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const timer = startTimer({ name: 't', everyMs: 10, log }, async () => {
      running += 1;
      most = Math.max(most, running);
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 25));
      running -= 1;
    });
    await vi.advanceTimersByTimeAsync(105);
    expect([runs, most]).toEqual([3, 1]);
    const stopped = timer.stop();
    await vi.runAllTimersAsync();
    await stopped;
    expect([runs, running]).toEqual([3, 0]);
  });

  it('goes on after a failure, and logs it under its name', async () => {
    let runs = 0;
    const timer = startTimer({ name: 'sweep', everyMs: 10, log }, async () => {
      runs += 1;
      throw new Error(`run ${runs}`);
    });
    await vi.advanceTimersByTimeAsync(25);
    await timer.stop();
    expect(runs).toBe(2);
    expect(errors).toEqual([1, 2].map((run) => ({ timer: 'sweep', error: new Error(`run ${run}`) })));
  });

  it('starts nothing after stop', async () => {
    let runs = 0;
    const timer = startTimer({ name: 't', everyMs: 10, log }, async () => {
      runs += 1;
    });
    await timer.stop();
    await vi.advanceTimersByTimeAsync(50);
    expect(runs).toBe(0);
  });
});
