import { randomBytes } from 'node:crypto';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { MachineInput } from '../../shared/domain/machine-io.ts';
import { countedStates } from './counted-states.ts';
import { taskContext } from './task-context.ts';
import { type Caller, createDoors, type DoorOptions } from './task-door.ts';
import { taskStates } from './task-states.ts';

/** Counted as AWS bills: states entered, and their retries; invocations of functions. */
export interface Counts {
  transitions: number;
  invocations: number;
}

export interface InterpreterOptions extends Omit<DoorOptions, 'called'> {
  /** Amazon States Language, as published to AWS. */
  readonly definition: object;
  readonly counts: Counts;
  readonly newToken?: () => string;
}

/** One execution under way. */
export interface Walk {
  /** Rejects with the library's ExecutionError, or when it is aborted. */
  readonly result: Promise<unknown>;
  abort(): void;
}

/** The library with its traps covered: walks a definition, its Tasks being the given functions. */
export function createInterpreter(options: InterpreterOptions): (input: MachineInput, caller: Caller) => Walk {
  const { counts, clock } = options;
  const definition = countedStates(options.definition, () => {
    counts.transitions += 1;
  });
  // The definition is checked by its own test; checking it here would cost a quarter of a second at each start.
  const machine = new StateMachine(definition as StateMachineDefinition, { validationOptions: { noValidate: true } });
  const states = taskStates(options.definition);
  const context = taskContext(clock, options.newToken ?? (() => randomBytes(24).toString('base64url')));
  const called = (): void => {
    counts.invocations += 1;
    counts.transitions += 1;
  };
  return (input, caller) => {
    const taskResourceLocalHandlers = createDoors(states, caller, { ...options, called });
    const walk = machine.run({ ...input }, { context: { ...context }, overrides: { taskResourceLocalHandlers } });
    void readOff(walk.eventLogs);
    return walk;
  };
}

/** The library keeps every event of a machine until somebody takes it. */
async function readOff(events: AsyncIterator<unknown>): Promise<void> {
  for (let read = await events.next(); read.done !== true; read = await events.next());
}
