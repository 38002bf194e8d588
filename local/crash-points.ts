import { appendFileSync } from 'node:fs';
import type { Ports } from '../shared/ports/ports.ts';

/** `<port>.<call>:<before|after>[:n]`: the n-th time (from 1) that the call is made, the process dies there. */
export interface CrashPoint {
  readonly port: string;
  readonly call: string;
  readonly when: 'before' | 'after';
  readonly nth: number;
}

export interface CrashOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the process as a power cut would. */
  readonly die: () => void;
}

/** Failure by name for tests: a typing error in a crash point must not look like a passed test. */
export function parseCrashPoint(text: string): CrashPoint {
  const parts = /^([A-Za-z]+)\.([A-Za-z-]+):(before|after)(?::([1-9]\d{0,5}))?$/.exec(text);
  const [, port, call, when, nth] = parts ?? [];
  if (port === undefined || call === undefined || (when !== 'before' && when !== 'after')) {
    throw new Error(`WAYBILL_CRASH_AT is <port>.<call>:<before|after>[:n], not ${JSON.stringify(text)}.`);
  }
  return { port, call, when, nth: Number(nth ?? '1') };
}

/**
 * The ports with the tests' faults in them: WAYBILL_CRASH_AT dies at one call, WAYBILL_DROP_WAKES=1 loses the first wake of
 * each token, and WAYBILL_CRASH_LIST=<file> gets a line `<port>.<call>` for each call, in the order of their beginnings.
 * Read under NODE_ENV=test only; else the ports are what they were.
 */
export function withTestFaults(ports: Ports, { env, die }: CrashOptions): Ports {
  if (env.NODE_ENV !== 'test') return ports;
  const waking = env.WAYBILL_DROP_WAKES === '1' ? withoutWakes(ports) : ports;
  const listed = env.WAYBILL_CRASH_LIST ? withList(waking, env.WAYBILL_CRASH_LIST) : waking;
  return env.WAYBILL_CRASH_AT ? withCrash(listed, parseCrashPoint(env.WAYBILL_CRASH_AT), die) : listed;
}

function withList(ports: Ports, file: string): Ports {
  const note = (port: string, call: string) => appendFileSync(file, `${port}.${call}\n`);
  const entries = Object.entries(ports).map(([name, port]: readonly [string, unknown]) => {
    if (typeof port !== 'object' || port === null) return [name, port];
    if (name !== 'deployers') return [name, noting(port, (call) => note(name, call))];
    const kinds = Object.entries(port).map(([kind, one]) => [kind, noting(one, () => note(name, kind))]);
    return [name, Object.fromEntries(kinds)];
  });
  return { ...ports, ...Object.fromEntries(entries) };
}

function noting<T extends object>(target: T, note: (call: string) => void): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver);
      if (typeof value !== 'function' || typeof key !== 'string') return value;
      return (...args: readonly unknown[]) => {
        note(key);
        return Reflect.apply(value, object, args);
      };
    },
  });
}

/** How often the sweep runs: WAYBILL_SWEEP_MS under NODE_ENV=test, so that a test need not wait for it; else once a minute. */
export function sweepEveryMs(env: CrashOptions['env']): number {
  const given = env.NODE_ENV === 'test' ? Number(env.WAYBILL_SWEEP_MS) : 0;
  return given > 0 ? given : 60_000;
}

/** A second wake goes through, as the sweep's does. */
function withoutWakes(ports: Ports): Ports {
  const { orchestrator } = ports;
  const lost = new Set<string>();
  return {
    ...ports,
    orchestrator: {
      start: (name, input) => orchestrator.start(name, input),
      async wake(token) {
        if (lost.has(token)) return orchestrator.wake(token);
        lost.add(token);
      },
      stop: (name, reason) => orchestrator.stop(name, reason),
      running: (name) => orchestrator.running(name),
    },
  };
}

type PortName = keyof Ports;

function withCrash(ports: Ports, point: CrashPoint, die: () => void): Ports {
  const name = Object.keys(ports).find((candidate): candidate is PortName => candidate === point.port);
  const port = name === undefined ? undefined : ports[name];
  if (name === undefined || typeof port !== 'object') throw new Error(`WAYBILL_CRASH_AT: no port ${point.port}.`);
  const counted = countCalls(point, die);
  // A deployer is `deployers.<kind>`: the call is its `run`.
  const wrapped = name === 'deployers' ? wrapDeployers(ports, point, counted) : wrapObject(port, point.call, counted);
  return { ...ports, [name]: wrapped };
}

function wrapDeployers(ports: Ports, point: CrashPoint, counted: Counted): Ports['deployers'] {
  const deployer = ports.deployers[point.call];
  if (deployer === undefined) throw new Error(`WAYBILL_CRASH_AT: no deployer ${point.call}.`);
  return { ...ports.deployers, [point.call]: wrapObject(deployer, 'run', counted) };
}

interface Counted {
  readonly before: () => boolean;
  readonly after: () => void;
}

/** Dies at the n-th call only: at `after`, when the n-th to begin has ended. */
function countCalls(point: CrashPoint, die: () => void): Counted {
  let calls = 0;
  return {
    before: () => {
      calls += 1;
      if (calls === point.nth && point.when === 'before') die();
      return calls === point.nth && point.when === 'after';
    },
    after: die,
  };
}

function wrapObject<T extends object>(target: T, call: string, counted: Counted): T {
  if (typeof Reflect.get(target, call) !== 'function') throw new Error(`WAYBILL_CRASH_AT: no call ${call}.`);
  return new Proxy(target, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver);
      if (key !== call || typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => {
        const diesAfter = counted.before();
        const answer: unknown = Reflect.apply(value, object, args);
        return diesAfter ? thenDie(answer, counted.after) : answer;
      };
    },
  });
}

async function thenDie(answer: unknown, die: () => void): Promise<unknown> {
  try {
    return await answer;
  } finally {
    die();
  }
}
