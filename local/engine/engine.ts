import { randomBytes } from 'node:crypto';
import { ExecutionError, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { Failure } from '../../shared/domain/failure.ts';
import type { MachineInput, ParkInput, TaskInput, TaskOutput } from '../../shared/domain/machine-io.ts';
import type { Clock, Log } from '../../shared/ports/clock.ts';
import type { Orchestrator } from '../../shared/ports/orchestrator.ts';
import { countedStates } from './counted-states.ts';
import { createRecentNames } from './recent-names.ts';
import { taskContext } from './task-context.ts';
import { type Caller, createDoors } from './task-door.ts';
import { taskStates } from './task-states.ts';
import { createWaits } from './waits.ts';

/** How a machine execution ended; `stopped` by `stop`. `error` and `cause` as Step Functions reports them. */
export interface MachineEnd {
  readonly machine: string;
  readonly status: 'succeeded' | 'failed' | 'stopped';
  readonly error?: string;
  readonly cause?: string;
}

/** Counted as AWS bills: states entered, and their retries; invocations of functions. */
interface EngineCounts {
  transitions: number;
  invocations: number;
}

export interface EngineOptions {
  /** Amazon States Language, as published to AWS. */
  readonly definition: object;
  run(input: TaskInput): Promise<TaskOutput>;
  park(input: ParkInput): Promise<void>;
  /** Called once for each machine that ends by itself or by `stop`, never for one that `drain` interrupts. */
  onEnd(end: MachineEnd): Promise<void>;
  readonly log: Log;
  readonly clock: Clock;
  readonly stateLimitBytes?: number;
  readonly counts?: EngineCounts;
  /** Names of ended machines that are remembered; a forgotten one may be started again, over its ledger. */
  readonly rememberedNames?: number;
  readonly newToken?: () => string;
}

/** The embedded engine: the orchestrator port over the library's interpreter. Everything is in memory; the ledger is the journal. */
export interface Engine extends Orchestrator {
  /** Starts nothing more, interrupts every machine where it is and waits for the calls under way. */
  drain(): Promise<void>;
  readonly counts: Readonly<EngineCounts>;
  /** Machines under way and tasks that wait for a token. */
  load(): { readonly machines: number; readonly waits: number };
}

interface OpenMachine extends Caller {
  /** Set by `stop`. */
  stopReason?: string;
  abort(): void;
}

export function createEngine(options: EngineOptions): Engine {
  // The definition is checked by its own test; checking it here would cost a quarter of a second at each start.
  const counts = options.counts ?? { transitions: 0, invocations: 0 };
  const definition = countedStates(options.definition, () => {
    counts.transitions += 1;
  });
  const machine = new StateMachine(definition as StateMachineDefinition, { validationOptions: { noValidate: true } });
  const states = taskStates(options.definition);
  const context = taskContext(options.clock, options.newToken ?? (() => randomBytes(24).toString('base64url')));
  const waits = createWaits();
  const ended = createRecentNames(options.rememberedNames ?? 10_000);
  const open = new Map<string, OpenMachine>();
  const drives = new Set<Promise<void>>();
  let draining = false;

  const doorOptions = {
    run: options.run,
    park: options.park,
    clock: options.clock,
    waits,
    stateLimitBytes: options.stateLimitBytes ?? 262_144,
    called: () => {
      counts.invocations += 1;
      counts.transitions += 1;
    },
  };

  async function drive(name: string, input: MachineInput, own: OpenMachine): Promise<void> {
    if (own.over) return close(name, own, { machine: name, status: 'stopped', cause: own.stopReason });
    const execution = machine.run(
      { ...input },
      {
        context: { ...context },
        overrides: { taskResourceLocalHandlers: createDoors(states, own, doorOptions) },
      },
    );
    own.abort = execution.abort;
    void readOff(execution.eventLogs);
    const end = await outcome(execution.result, name, own);
    await close(name, own, end);
  }

  async function close(name: string, own: OpenMachine, end: MachineEnd): Promise<void> {
    own.over = true;
    waits.drop(own);
    open.delete(name);
    if (draining && own.stopReason === undefined && end.status === 'stopped') return;
    ended.add(name);
    try {
      await options.onEnd(end);
    } catch (fault) {
      // The sweep finishes what is open in the ledger and no longer runs.
      options.log.error('The end of a machine could not be recorded', { machine: name, fault: String(fault) });
    }
  }

  function interrupt(own: OpenMachine): void {
    own.over = true;
    own.abort();
    waits.drop(own);
  }

  return {
    counts,
    load: () => ({ machines: open.size, waits: waits.size() }),
    async start(name, input) {
      if (open.has(name) || ended.has(name)) return;
      if (draining) throw new Failure('engineStopped', `Execution ${name} was not started: the service is stopping`);
      const own: OpenMachine = { over: false, inFlight: new Set(), abort: () => undefined };
      open.set(name, own);
      // Not awaited, and not begun in this call: whoever starts a machine has its own work to answer first.
      const settled = new Promise<void>((begin) => setImmediate(begin))
        .then(() => drive(name, input, own))
        .catch((fault) => close(name, own, { machine: name, status: 'failed', ...errorOf(fault) }));
      drives.add(settled);
      void settled.then(() => drives.delete(settled));
    },
    async wake(token) {
      waits.wake(token);
    },
    async stop(name, reason) {
      const own = open.get(name);
      if (own === undefined || own.over) return;
      own.stopReason = reason;
      interrupt(own);
    },
    async running(name) {
      if (open.has(name)) return true;
      return ended.has(name) ? false : undefined;
    },
    async drain() {
      draining = true;
      const calls = [...open.values()].flatMap((own) => {
        interrupt(own);
        return [...own.inFlight];
      });
      await Promise.all([...calls, ...drives]);
    },
  };
}

async function outcome(result: Promise<unknown>, machine: string, own: OpenMachine): Promise<MachineEnd> {
  try {
    await result;
    return { machine, status: own.over ? 'stopped' : 'succeeded', ...(own.over ? { cause: own.stopReason } : {}) };
  } catch (fault) {
    if (own.over) return { machine, status: 'stopped', cause: own.stopReason };
    return { machine, status: 'failed', ...errorOf(fault) };
  }
}

function errorOf(fault: unknown): { readonly error: string; readonly cause: string } {
  const error = fault instanceof ExecutionError ? fault.cause : fault;
  return error instanceof Error
    ? { error: error.name, cause: error.message }
    : { error: 'States.Runtime', cause: String(error) };
}

/** The library keeps every event of a machine until somebody takes it. */
async function readOff(events: AsyncIterator<unknown>): Promise<void> {
  for (let read = await events.next(); read.done !== true; read = await events.next());
}
