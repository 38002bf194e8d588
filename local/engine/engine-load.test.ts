import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { ParkInput, TaskInput, TaskOutput } from '../../shared/domain/machine-io.ts';
import { stateMachine } from '../../shared/machine/state-machine.ts';
import { createEngine, type Engine } from './engine.ts';

const definition = stateMachine({ run: 'run', park: 'park' });
const done: TaskOutput = { v: 1, next: 'done' };
const ordinals = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

function plan(stages: number, jobs: number): (input: TaskInput) => TaskOutput {
  return (input) => {
    if (input.do === 'begin') return { v: 1, next: 'done', stages: ordinals(stages) };
    if (input.do === 'enter') return { v: 1, next: 'done', jobs: ordinals(jobs) };
    return done;
  };
}

interface Rig {
  readonly engine: Engine;
  /** Runs one machine to its end. */
  through(name: string): Promise<void>;
}

function rig(run: (input: TaskInput) => TaskOutput, park: (input: ParkInput) => void = () => undefined): Rig {
  const ends = new Map<string, () => void>();
  const engine = createEngine({
    ...{ definition, clock: { now: () => 0 } },
    run: async (input) => run(input),
    park: async (input) => park(input),
    onEnd: async ({ machine }) => ends.get(machine)?.(),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const through = (name: string): Promise<void> =>
    new Promise((resolve) => {
      ends.set(name, () => {
        ends.delete(name);
        resolve();
      });
      void engine.start(name, { v: 1, execution: name, machine: name });
    });
  return { engine, through };
}

it('runs 40 stages of 12 jobs, all side by side', async () => {
  const { engine, through } = rig(plan(40, 12));
  await through('wide');
  // A stage: Enter, Jobs, Leave, two answers, its end; a job: Job, its answer, its end; the rest: Begin, Stages, End, two answers, Done.
  expect(engine.counts).toEqual({ transitions: 40 * 6 + 480 * 3 + 6, invocations: 1 + 40 + 480 + 40 + 1 });
});

it('parks 40 stages without holding up what does not wait', async () => {
  const tokens: string[] = [];
  let open = false;
  const { engine, through } = rig(
    (input) => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: ordinals(40) };
      return input.do === 'enter' && input.execution === 'parked' && !open ? { v: 1, next: 'park' } : done;
    },
    ({ token }) => tokens.push(token),
  );
  const parked = through('parked');
  await through('free');
  expect([tokens.length, engine.load()]).toEqual([40, { machines: 1, waits: 40 }]);
  open = true;
  for (const token of tokens) await engine.wake(token);
  await parked;
  expect(engine.load()).toEqual({ machines: 0, waits: 0 });
});

it('keeps nothing of what has ended', async () => {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  const box: { engine?: Engine } = {};
  let parkedOnce = new Set<string>();
  const { engine, through } = rig(
    (input) => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: [1, 2] };
      if (input.do === 'enter' && input.stage === 2 && !parkedOnce.has(input.machine)) {
        parkedOnce.add(input.machine);
        return { v: 1, next: 'park' };
      }
      return input.do === 'enter' ? { v: 1, next: 'done', jobs: [1, 2] } : done;
    },
    ({ token }) => void box.engine?.wake(token),
  );
  box.engine = engine;
  const heap = (): number => {
    parkedOnce = new Set();
    gc();
    return process.memoryUsage().heapUsed;
  };
  for (const name of ordinals(200)) await through(`warm-${name}`);
  const before = heap();
  for (const name of ordinals(1_000)) await through(`run-${name}`);
  // A thousand remembered names take about 0.1 MB; an execution that stayed would take some 20 kB, 20 MB in all.
  // Other test files of this process leave a few of their own.
  expect(heap() - before).toBeLessThan(8_000_000);
  expect(engine.load()).toEqual({ machines: 0, waits: 0 });
});
