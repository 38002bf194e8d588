import { afterEach, describe, expect, it, vi } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import type { TaskInput, TaskOutput } from '../../shared/domain/machine-io.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { done, quiet, start, type Trial, trial } from './engine-trial.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Three stages, each needing the one before; the last asks for an approval. One step each. */
function threeStages(wake: (stage: number) => void): (input: TaskInput) => TaskOutput {
  const left = new Set<number>();
  const entries = new Map<number, number>();
  let approved = false;
  return (input) => {
    if (input.do === 'begin') return { v: 1, next: 'done', stages: [1, 2, 3] };
    if (input.do === 'leave') {
      left.add(input.stage);
      wake(input.stage + 1);
    }
    if (input.do !== 'enter') return done;
    entries.set(input.stage, (entries.get(input.stage) ?? 0) + 1);
    if (input.stage > 1 && !left.has(input.stage - 1)) return { v: 1, next: 'park' };
    if (input.stage === 3 && !approved) {
      approved = true;
      return { v: 1, next: 'park' };
    }
    return { v: 1, next: 'done', jobs: [1] };
  };
}

const op = (input: TaskInput): string =>
  [input.do, 'stage' in input ? input.stage : '', 'job' in input ? input.job : '', input.fault ? 'fault' : '']
    .filter((part) => part !== '')
    .join(' ');

describe('a plan', () => {
  it('of three stages with one approval takes 42 transitions', async () => {
    const box: { trial?: Trial } = {};
    const wake = (stage: number): void => {
      const waiting = box.trial?.parked.find((park) => park.stage === stage);
      if (waiting !== undefined) void box.trial?.engine.wake(waiting.token);
    };
    box.trial = trial(threeStages(wake));
    await box.trial.start();
    const approval = await box.trial.nextPark(3);
    await box.trial.engine.wake(approval.token);
    expect(await box.trial.ended()).toEqual({ machine: 'x', status: 'succeeded' });
    expect(box.trial.calls.map(op).filter((call) => !call.startsWith('enter'))).toEqual([
      ...['begin', 'job 1 1', 'leave 1', 'job 2 1', 'leave 2', 'job 3 1', 'leave 3', 'end'],
    ]);
    expect(box.trial.engine.counts).toEqual({ transitions: 42, invocations: 17 });
  });

  it.each<[string, TaskOutput, string[]]>([
    ['no stages', { v: 1, next: 'done', stages: [] }, ['begin', 'end']],
    ['no list of stages', done, ['begin', 'end']],
  ])('with %s goes to its end', async (_, begun, ops) => {
    const { through, calls } = trial((input) => (input.do === 'begin' ? begun : done));
    expect(await through()).toEqual({ machine: 'x', status: 'succeeded' });
    expect(calls.map(op)).toEqual(ops);
  });

  it.each<[string, TaskOutput]>([
    ['an empty list of jobs', { v: 1, next: 'done', jobs: [] }],
    ['no list of jobs', done],
  ])('leaves a stage that has %s', async (_, entered) => {
    const { through, calls } = trial((input) => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: [1] };
      return input.do === 'enter' ? entered : done;
    });
    await through();
    expect(calls.map(op)).toEqual(['begin', 'enter 1', 'leave 1', 'end']);
  });

  it('asks a job again for each of its steps', async () => {
    let steps = 3;
    const { through, calls } = trial((input) => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: [1] };
      if (input.do === 'enter') return { v: 1, next: 'done', jobs: [1] };
      if (input.do === 'job' && --steps > 0) return { v: 1, next: 'again' };
      return done;
    });
    await through();
    expect(calls.map(op)).toEqual(['begin', 'enter 1', 'job 1 1', 'job 1 1', 'job 1 1', 'leave 1', 'end']);
  });

  it('hands each task its version, ids and ordinals, and nothing of what others answered', async () => {
    const { through, calls } = trial((input) => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: [7] };
      return input.do === 'enter' ? { v: 1, next: 'done', jobs: [9] } : done;
    });
    await through();
    expect(calls.slice(1, 4)).toEqual([
      { v: 1, do: 'enter', execution: 'x', machine: 'x', stage: 7 },
      { v: 1, do: 'job', execution: 'x', machine: 'x', stage: 7, job: 9 },
      { v: 1, do: 'leave', execution: 'x', machine: 'x', stage: 7 },
    ]);
  });
});

describe('a pause', () => {
  it.each([
    ['until its time', '2026-11-20T10:20:00Z', 300_000],
    ['not at all when its time is past', '2026-11-20T10:00:00Z', 1],
    ['a day when it would be over 24 of them', '2027-11-20T10:15:00Z', 86_400_000],
  ])('lasts %s', async (_, until, ms) => {
    vi.useFakeTimers({ now: start });
    let paused = false;
    const {
      start: begin,
      ended,
      calls,
    } = trial((input) => {
      if (input.do !== 'begin' || paused) return done;
      paused = true;
      return { v: 1, next: 'pause', until };
    });
    await begin();
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect((await ended()).status).toBe('succeeded');
    expect(calls.map(op)).toEqual(['begin', 'begin', 'end']);
  });
});

/** One stage that parks until `open`. */
function parking(): { readonly run: (input: TaskInput) => TaskOutput; open: boolean } {
  const state = {
    open: false,
    run: (input: TaskInput): TaskOutput => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: [1] };
      return input.do === 'enter' && !state.open ? { v: 1, next: 'park' } : done;
    },
  };
  return state;
}

describe('a task that waits', () => {
  it('goes on when its token is woken', async () => {
    const gate = parking();
    const { start: begin, nextPark, engine, ended } = trial(gate.run);
    await begin();
    const { token } = await nextPark(1);
    expect(engine.load()).toEqual({ machines: 1, waits: 1 });
    gate.open = true;
    await engine.wake('another');
    await engine.wake(token);
    expect((await ended()).status).toBe('succeeded');
    expect(engine.load()).toEqual({ machines: 0, waits: 0 });
    await engine.wake(token);
  });

  it('is not missed by a wake that comes while its token is being registered', async () => {
    const gate = parking();
    const box: { engine?: Engine } = {};
    const { engine, through } = trial(gate.run, {
      park: async ({ token }) => {
        gate.open = true;
        await box.engine?.wake(token);
      },
    });
    box.engine = engine;
    expect((await through()).status).toBe('succeeded');
  });

  it('gets a new token and a later time each time it waits, even within a millisecond', async () => {
    const gate = parking();
    const { start: begin, nextPark, engine, ended } = trial(gate.run);
    await begin();
    const first = await nextPark(1);
    await engine.wake(first.token);
    const second = await nextPark(2);
    expect(second.token).not.toBe(first.token);
    expect(first.token.length).toBeGreaterThanOrEqual(32);
    expect([first.enteredAt, second.enteredAt]).toEqual(['2026-11-20T10:15:00.000Z', '2026-11-20T10:15:00.001Z']);
    gate.open = true;
    await engine.wake(second.token);
    await ended();
  });

  it('asks the ledger again after a day without a wake', async () => {
    vi.useFakeTimers({ now: start });
    const gate = parking();
    const { start: begin, ended, engine } = trial(gate.run);
    await begin();
    await vi.advanceTimersByTimeAsync(86_399_000);
    expect(engine.load().waits).toBe(1);
    gate.open = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await ended()).status).toBe('succeeded');
    expect(engine.load().waits).toBe(0);
  });

  it('asks the ledger again when it cannot be registered', async () => {
    vi.useFakeTimers({ now: start });
    const gate = parking();
    let tries = 0;
    const {
      start: begin,
      ended,
      engine,
    } = trial(gate.run, {
      park: async () => {
        tries += 1;
        if (tries === 9) gate.open = true;
        throw new Failure('storeUnavailable', 'the table is away');
      },
    });
    await begin();
    await vi.advanceTimersByTimeAsync(600_000);
    expect((await ended()).status).toBe('succeeded');
    expect(tries).toBe(9);
    expect(engine.load().waits).toBe(0);
  });
});

describe('a fault', () => {
  /** One stage of one job whose call fails the given times. */
  function failing(fault: () => Error, times: number): (input: TaskInput) => TaskOutput {
    let left = times;
    return (input) => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: [1] };
      if (input.do === 'enter') return { v: 1, next: 'done', jobs: [1] };
      if (input.do === 'job' && left-- > 0) throw fault();
      return done;
    };
  }

  it('that may pass is tried again by its name', async () => {
    vi.useFakeTimers({ now: start });
    const { start: begin, ended, calls } = trial(failing(() => new Failure('conflict', 'two at once'), 3));
    await begin();
    await vi.advanceTimersByTimeAsync(600_000);
    expect((await ended()).status).toBe('succeeded');
    expect(calls.map(op)).toEqual(['begin', 'enter 1', ...Array(4).fill('job 1 1'), 'leave 1', 'end']);
  });

  it('that stays is recorded, and the others go on', async () => {
    const { through, calls } = trial(failing(() => new Failure('digestMismatch', 'other bytes'), 1));
    expect((await through()).status).toBe('succeeded');
    expect(calls.map(op)).toEqual(['begin', 'enter 1', 'job 1 1', 'job 1 1 fault', 'leave 1', 'end']);
    expect(calls[3]?.fault).toEqual({
      error: 'digestMismatch',
      cause: '{"errorType":"digestMismatch","errorMessage":"other bytes"}',
    });
  });

  it('that cannot even be recorded ends its own branch only', async () => {
    const { through, calls } = trial(failing(() => new TypeError('a defect'), 99));
    expect((await through()).status).toBe('succeeded');
    expect(calls.map(op)).toEqual(['begin', 'enter 1', 'job 1 1', 'job 1 1 fault', 'leave 1', 'end']);
  });

  it('at the end of an execution fails the machine', async () => {
    const { through } = trial((input) => {
      if (input.do === 'end') throw new TypeError('a defect');
      return done;
    });
    expect(await through()).toMatchObject({ machine: 'x', status: 'failed', error: 'internal' });
  });

  it('of a call that hangs is a time-out: tried twice more, then recorded', async () => {
    vi.useFakeTimers({ now: start });
    const never = new Promise<TaskOutput>(() => undefined);
    const { start: begin, ended, calls } = trial((input) => (input.do === 'begin' && !input.fault ? never : done));
    await begin();
    await vi.advanceTimersByTimeAsync(3 * 900_000 + 60_000);
    expect((await ended()).status).toBe('succeeded');
    expect(calls.map(op)).toEqual(['begin', 'begin', 'begin', 'begin fault', 'end']);
    expect(calls[3]?.fault?.error).toBe('States.Timeout');
  });

  it.each<[string, Partial<EngineOptions>, TaskOutput]>([
    ['an answer over the limit', {}, { v: 1, next: 'done', stages: Array(140_000).fill(1) }],
    ['an input over the limit', { stateLimitBytes: 40 }, done],
  ])('of size (%s) is caught by nothing and fails the machine', async (_, more, answer) => {
    const { through, calls } = trial(() => answer, more);
    expect(await through()).toMatchObject({ status: 'failed', error: 'States.DataLimitExceeded' });
    expect(calls.every((call) => call.fault === undefined)).toBe(true);
  });

  it('of the answer fails the machine, parked branches included, and leaves no wait behind', async () => {
    const {
      start: begin,
      ended,
      nextPark,
      engine,
    } = trial(async (input) => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: [1, 2] };
      if (input.do === 'enter' && input.stage === 1) return { v: 1, next: 'park' };
      await nextPark(1);
      return JSON.parse('{"v":1,"next":"sideways"}');
    });
    await begin();
    expect(await ended()).toMatchObject({ status: 'failed', error: 'States.NoChoiceMatched' });
    expect(engine.load()).toEqual({ machines: 0, waits: 0 });
  });
});

describe('the orchestrator', () => {
  it('starts a name once, while it runs and after it has ended', async () => {
    const gate = parking();
    const { start: begin, nextPark, engine, ended, calls, ends } = trial(gate.run);
    await begin();
    await begin();
    expect(calls).toHaveLength(0);
    const { token } = await nextPark(1);
    expect(await engine.running('x')).toBe(true);
    gate.open = true;
    await engine.wake(token);
    await ended();
    await begin();
    expect([calls.filter((call) => call.do === 'begin').length, ends.length]).toEqual([1, 1]);
    expect(await engine.running('x')).toBe(false);
    expect(await engine.running('never seen')).toBeUndefined();
  });

  it('forgets the oldest names', async () => {
    const { through, start: begin, engine, calls } = trial(() => done, { rememberedNames: 2 });
    for (const name of ['a', 'b', 'c']) await through(name);
    await begin('c');
    expect([await engine.running('a'), await engine.running('b')]).toEqual([undefined, false]);
    await begin('a');
    await engine.drain();
    expect(calls.filter((call) => call.do === 'begin').map((call) => call.machine)).toEqual(['a', 'b', 'c']);
  });

  it('stops a machine where it waits', async () => {
    const { start: begin, nextPark, engine, ended } = trial(parking().run);
    await begin();
    await nextPark(1);
    await engine.stop('unknown', 'no such name');
    await engine.stop('x', 'cancelled by alice');
    expect(await ended()).toEqual({ machine: 'x', status: 'stopped', cause: 'cancelled by alice' });
    expect(engine.load()).toEqual({ machines: 0, waits: 0 });
  });

  it('calls nothing more of a machine that was stopped in a call', async () => {
    const under = Promise.withResolvers<TaskOutput>();
    const {
      start: begin,
      engine,
      ended,
      calls,
      ends,
    } = trial((input) => (input.do === 'begin' ? under.promise : done));
    await begin();
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    await engine.stop('x', 'enough');
    expect((await ended()).status).toBe('stopped');
    under.resolve({ v: 1, next: 'again' });
    await engine.drain();
    expect([calls.length, ends.length]).toEqual([1, 1]);
  });

  it('stops a machine that was started a moment ago', async () => {
    const { start: begin, engine, ended, calls } = trial(() => done);
    await begin();
    await engine.stop('x', 'changed my mind');
    expect((await ended()).status).toBe('stopped');
    expect(calls).toEqual([]);
  });

  it('drains: interrupts waits and pauses without an end, waits for calls under way, starts nothing', async () => {
    const under = Promise.withResolvers<TaskOutput>();
    const {
      start: begin,
      nextPark,
      engine,
      ends,
      calls,
    } = trial((input) => {
      if (input.execution === 'call') return under.promise;
      if (input.execution === 'pause') return { v: 1, next: 'pause', until: '9999-12-31T00:00:00Z' };
      return parking().run(input);
    });
    vi.useFakeTimers({ now: start, toFake: ['Date'] });
    for (const name of ['wait', 'pause', 'call']) await begin(name);
    await nextPark(1);
    await vi.waitFor(() => expect(calls).toHaveLength(4));
    let drained = false;
    const draining = engine.drain().then(() => {
      drained = true;
    });
    await Promise.resolve();
    expect(drained).toBe(false);
    under.resolve(done);
    await draining;
    expect([ends, calls.length, engine.load()]).toEqual([[], 4, { machines: 0, waits: 0 }]);
    await expect(begin('late')).rejects.toMatchObject({ name: 'engineStopped' });
  });

  it('outlives an end that cannot be recorded', async () => {
    const errors: string[] = [];
    const { start: begin, engine } = trial(() => done, {
      onEnd: async () => {
        throw new Failure('storeUnavailable', 'the table is away');
      },
      log: { ...quiet, error: (message) => errors.push(message) },
    });
    await begin();
    await vi.waitFor(() => expect(errors).toEqual(['the end of a machine could not be recorded']));
    expect(await engine.running('x')).toBe(false);
  });
});
