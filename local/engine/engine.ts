import { ExecutionError } from 'aws-local-stepfunctions';
import { Failure } from '../../shared/domain/failure.ts';
import type { MachineInput, ParkInput, TaskInput, TaskOutput } from '../../shared/domain/machine-io.ts';
import type { Clock, Log } from '../../shared/ports/clock.ts';
import type { Orchestrator } from '../../shared/ports/orchestrator.ts';
import { type Counts, createInterpreter } from './interpreter.ts';
import { createRecentNames } from './recent-names.ts';
import type { Caller } from './task-door.ts';
import { createWaits } from './waits.ts';

/** How a machine execution ended; `stopped` by `stop`. `error` and `cause` as Step Functions reports them. */
export interface MachineEnd {
  readonly machine: string;
  readonly status: 'succeeded' | 'failed' | 'stopped';
  readonly error?: string;
  readonly cause?: string;
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
  readonly counts?: Counts;
  /** Names of ended machines that are remembered; a forgotten one may be started again, over its ledger. */
  readonly rememberedNames?: number;
  readonly newToken?: () => string;
}

/** The embedded engine: the orchestrator port over the library's interpreter. Everything is in memory; the ledger is the journal. */
export interface Engine extends Orchestrator {
  /** Starts nothing more, interrupts every machine where it is and waits for the calls under way. */
  drain(): Promise<void>;
  readonly counts: Readonly<Counts>;
  /** Machines under way and tasks that wait for a token. */
  load(): { readonly machines: number; readonly waits: number };
}

interface OpenMachine extends Caller {
  /** Set by `stop`. */
  stopReason?: string;
  abort(): void;
}

export function createEngine(options: EngineOptions): Engine {
  const { counts = { transitions: 0, invocations: 0 }, stateLimitBytes = 262_144, rememberedNames = 10_000 } = options;
  const waits = createWaits();
  const walk = createInterpreter({ ...options, counts, stateLimitBytes, waits });
  const ended = createRecentNames(rememberedNames);
  const open = new Map<string, OpenMachine>();
  const drives = new Set<Promise<void>>();
  let draining = false;

  function interrupt(own: OpenMachine): void {
    own.over = true;
    own.abort();
    waits.drop(own);
  }

  async function close(own: OpenMachine, end: MachineEnd): Promise<void> {
    own.over = true;
    waits.drop(own);
    open.delete(end.machine);
    if (draining && own.stopReason === undefined && end.status === 'stopped') return;
    ended.add(end.machine);
    await report(options, end);
  }

  return {
    counts,
    load: () => ({ machines: open.size, waits: waits.size() }),
    async start(name, input) {
      if (open.has(name) || ended.has(name)) return;
      if (draining) throw new Failure('engineStopped', `Execution ${name} was not started: the service is stopping`);
      const own: OpenMachine = { over: false, inFlight: new Set(), abort: () => undefined };
      open.set(name, own);
      const driven = drive(walk, input, { name, own }).then((end) => close(own, end));
      drives.add(driven);
      void driven.then(() => drives.delete(driven));
    },
    wake: async (token) => waits.wake(token),
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
      for (const own of open.values()) interrupt(own);
      await Promise.all([...[...open.values()].flatMap((own) => [...own.inFlight]), ...drives]);
    },
  };
}

/** Walks a machine to its end, whatever that is. */
async function drive(
  walk: ReturnType<typeof createInterpreter>,
  input: MachineInput,
  { name, own }: { readonly name: string; readonly own: OpenMachine },
): Promise<MachineEnd> {
  // Whoever starts a machine has its own work to answer first.
  await new Promise<void>((begin) => setImmediate(begin));
  try {
    if (!own.over) {
      const walked = walk(input, own);
      own.abort = walked.abort;
      await walked.result;
    }
    return own.over ? stopped(name, own) : { machine: name, status: 'succeeded' };
  } catch (fault) {
    return own.over ? stopped(name, own) : { machine: name, status: 'failed', ...errorOf(fault) };
  }
}

function stopped(machine: string, own: OpenMachine): MachineEnd {
  return { machine, status: 'stopped', cause: own.stopReason };
}

async function report({ onEnd, log }: Pick<EngineOptions, 'onEnd' | 'log'>, end: MachineEnd): Promise<void> {
  try {
    await onEnd(end);
  } catch (error) {
    // The sweep finishes what is open in the ledger and no longer runs.
    log.error('the end of a machine could not be recorded', { machine: end.machine, error });
  }
}

function errorOf(fault: unknown): { readonly error: string; readonly cause: string } {
  const error = fault instanceof ExecutionError ? fault.cause : fault;
  return error instanceof Error
    ? { error: error.name, cause: error.message }
    : { error: 'States.Runtime', cause: String(error) };
}
