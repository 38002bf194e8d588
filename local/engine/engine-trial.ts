import type { ParkInput, TaskInput, TaskOutput } from '../../shared/domain/machine-io.ts';
import { stateMachine } from '../../shared/machine/state-machine.ts';
import { createEngine, type Engine, type EngineOptions, type MachineEnd } from './engine.ts';

const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:run-node';
const definition = stateMachine({ run: arn, park: arn });
/** When every trial begins. */
export const start = Date.parse('2026-11-20T10:15:00Z');
export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const done: TaskOutput = { v: 1, next: 'done' };

/** An engine over the real definition, whose calls are answered by `run`, and what was seen of it. */
export interface Trial {
  readonly engine: Engine;
  readonly calls: TaskInput[];
  readonly parked: ParkInput[];
  readonly ends: MachineEnd[];
  /** Starts `x` and waits for its end. */
  through(name?: string): Promise<MachineEnd>;
  start(name?: string): Promise<void>;
  ended(name?: string): Promise<MachineEnd>;
  nextPark(count: number): Promise<ParkInput>;
}

export function trial(
  run: (input: TaskInput) => TaskOutput | Promise<TaskOutput>,
  more: Partial<EngineOptions> = {},
): Trial {
  const calls: TaskInput[] = [];
  const parked: ParkInput[] = [];
  const ends: MachineEnd[] = [];
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  const until = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const listener = (): void => {
        const seen = look();
        if (seen === undefined) return;
        listeners.delete(listener);
        resolve(seen);
      };
      listeners.add(listener);
      listener();
    });
  const engine = createEngine({
    definition,
    run: async (input) => {
      calls.push(input);
      heard();
      return run(input);
    },
    park: async (input) => {
      parked.push(input);
      heard();
    },
    onEnd: async (end) => {
      ends.push(end);
      heard();
    },
    log: quiet,
    clock: { now: () => start },
    ...more,
  });
  const ended = (name = 'x'): Promise<MachineEnd> => until(() => ends.find((end) => end.machine === name));
  const begin = (name = 'x'): Promise<void> => engine.start(name, { v: 1, execution: name, machine: name });
  return {
    ...{ engine, calls, parked, ends, ended, start: begin },
    through: async (name) => {
      await begin(name);
      return ended(name);
    },
    nextPark: async (count) => until(() => parked[count - 1]),
  };
}
