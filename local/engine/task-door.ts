import type { ParkInput, TaskInput, TaskOutput } from '../../shared/domain/machine-io.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { dataLimitError, endedError, taskError } from './task-error.ts';
import type { TaskState } from './task-states.ts';
import type { Waits } from './waits.ts';

export interface DoorOptions {
  run(input: TaskInput): Promise<TaskOutput>;
  park(input: ParkInput): Promise<void>;
  readonly clock: Clock;
  readonly waits: Waits;
  readonly stateLimitBytes: number;
  /** Once per call, retries included. */
  called(): void;
}

/** A machine that may be over while a call of it still runs. */
export interface Caller {
  over: boolean;
  readonly inFlight: Set<Promise<unknown>>;
}

/** What Step Functions does between a Task state and the function it invokes. The library calls it in the state's place. */
export type Door = (parameters: unknown) => Promise<never>;

/** Wait states fire at once beyond 24 days; a day is what the machine's own states allow, and Run is asked again anyway. */
const longestPauseMs = 86_400_000;

export function createDoors(
  states: readonly TaskState[],
  caller: Caller,
  options: DoorOptions,
): Readonly<Record<string, Door>> {
  return Object.fromEntries(
    states.map((state) => [
      state.name,
      (parameters: unknown) => track(caller, call(state, parameters, caller, options)),
    ]),
  );
}

async function call(state: TaskState, parameters: unknown, caller: Caller, options: DoorOptions): Promise<never> {
  if (caller.over) throw endedError();
  options.called();
  const payload = crossing(payloadOf(parameters), options.stateLimitBytes);
  if (state.waits) return await waiting(payload as ParkInput, state, caller, options);
  const output = shortened(await asTask(() => options.run(payload as TaskInput)), options.clock);
  // The library's types want its own JSON type, which says no more than that this is JSON.
  return { StatusCode: 200, Payload: crossing(output, options.stateLimitBytes) } as never;
}

async function waiting(input: ParkInput, state: TaskState, caller: Caller, options: DoorOptions): Promise<never> {
  const woken = options.waits.open(input.token, caller, state.timeoutMs);
  // Wherever the call ends first, the wait's own end is heard.
  woken.catch(() => undefined);
  try {
    await asTask(() => options.park(input));
  } catch (fault) {
    options.waits.wake(input.token);
    throw fault;
  }
  await woken;
  return {} as never;
}

async function asTask<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (fault) {
    throw taskError(fault);
  }
}

/** What passes the door is JSON text of a limited size, so no side can change what the other holds. */
function crossing(value: unknown, limit: number): unknown {
  const text = JSON.stringify(value) ?? 'null';
  if (Buffer.byteLength(text) > limit) {
    throw dataLimitError(`The state or answer is larger than ${limit} bytes`);
  }
  return JSON.parse(text);
}

function payloadOf(parameters: unknown): unknown {
  if (typeof parameters === 'object' && parameters !== null && 'Payload' in parameters) return parameters.Payload;
  throw new Error('A Task of the definition invokes without a Payload');
}

function shortened(output: TaskOutput, clock: Clock): TaskOutput {
  if (output.next !== 'pause') return output;
  const latest = clock.now() + longestPauseMs;
  return Date.parse(output.until) > latest ? { ...output, until: new Date(latest).toISOString() } : output;
}

function track<T>(caller: Caller, call: Promise<T>): Promise<T> {
  const settled = call.then(
    () => undefined,
    () => undefined,
  );
  caller.inFlight.add(settled);
  void settled.then(() => caller.inFlight.delete(settled));
  return call;
}
