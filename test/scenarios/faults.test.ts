import { afterEach, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import { findHolders } from '../../shared/flows/run/environment-turn.ts';
import { sweepDeliveries } from '../../shared/flows/sweep-deliveries.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { readProof } from '../fixtures/read-proof.ts';
import { approvalGate, createScenario, deploy, imageSource, type Scenario } from '../fixtures/scenario.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

/** Every task of a promotion throws once, at its `at`-th call, before or after that call has done its work. */
interface Fault {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** One task's calls, and what is to happen to them. */
interface Watched {
  /** Counts a call, from 1. */
  next(): number;
  readonly fault: Fault | undefined;
  struck(): void;
}

/** Ports whose calls are counted; the faulty one throws what is worth a retry, as a table or a network does. */
function watchedPorts(ports: Ports, watched: Watched): Ports {
  const wrapped = Object.entries(ports).map(([name, port]) => [name, wrapPort(name, port, watched)]);
  return Object.fromEntries(wrapped);
}

function wrapPort(name: string, port: unknown, watched: Watched): unknown {
  if (name === 'deployers') {
    const kinds = Object.entries(port as Record<string, object>);
    return Object.fromEntries(kinds.map(([kind, deployer]) => [kind, wrapCalls(deployer, watched)]));
  }
  if (typeof port !== 'object' || port === null || ['clock', 'randomness', 'log', 'metrics'].includes(name))
    return port;
  return wrapCalls(port, watched);
}

function wrapCalls(port: object, watched: Watched): object {
  return new Proxy(port, {
    get(target, call) {
      const value: unknown = Reflect.get(target, call);
      if (typeof value !== 'function') return value;
      return async (...args: readonly unknown[]) => {
        const at = watched.next();
        const strikes = watched.fault?.at === at ? watched.fault.when : undefined;
        if (strikes !== undefined) watched.struck();
        if (strikes === 'before') throw new Failure('storeUnavailable', `before ${at}`);
        const answer: unknown = await Reflect.apply(value, target, args);
        if (strikes === 'after') throw new Failure('storeUnavailable', `after ${at}`);
        return answer;
      };
    },
  });
}

function pipeline(name: string) {
  return {
    name,
    sources: imageSource,
    stages: {
      pre: { environment: 'pre', steps: deploy('pre') },
      prod: { needs: ['pre'], environment: 'prod', gates: [approvalGate()], steps: deploy('prod') },
    },
  };
}

/** Each call fails before or after its work; with the setting before and after. */
const isTried = (at: number, when: Fault['when']): boolean =>
  process.env.WAYBILL_ALL_CRASHES === '1' || at % 2 === (when === 'before' ? 0 : 1);

it('a promotion ends as it should although each of its tasks fails once, at whatever call', async () => {
  const faults = new Map<string, Fault>();
  const struck = new Map<string, Set<string>>();
  let longest = 0;
  world = await createScenario(tables, {
    wrapTask: (ports, task) => {
      const name = task.execution.slice(0, task.execution.indexOf('-'));
      const { do: what, stage, job } = { stage: 0, job: 0, ...task };
      const done = struck.get(name) ?? new Set();
      struck.set(name, done);
      const key = `${what} ${stage}/${job}`;
      let calls = 0;
      return watchedPorts(ports, {
        next: () => {
          calls += 1;
          longest = Math.max(longest, calls);
          return calls;
        },
        fault: done.has(key) ? undefined : faults.get(name),
        struck: () => void done.add(key),
      });
    },
  });
  await promote(['clean']);
  expect(await outcomeOf('clean')).toEqual(sound);
  expect(longest).toBeGreaterThan(15);
  for (let at = 1; at <= longest; at++) {
    for (const when of ['before', 'after'] as const) if (isTried(at, when)) faults.set(`${when}${at}`, { at, when });
  }
  const names = [...faults.keys()];
  await promote(names);
  const outcomes = [];
  for (const name of names) outcomes.push([name, await outcomeOf(name)]);
  expect(outcomes).toEqual(names.map((name) => [name, sound]));
  const strikes = names.map((name) => struck.get(name)?.size ?? 0);
  expect(Math.min(...strikes)).toBeGreaterThan(0);
  expect(Math.max(...strikes)).toBeGreaterThan(8);
}, 120_000);

const sound = {
  status: 'succeeded',
  attempt: 1,
  heads: ['pre', 'prod'],
  keys: ['pre/main/deploy/1', 'prod/main/deploy/1'],
  environments: ['pre', 'prod'],
  evidence: 'approval,bound,deployed,deployed,gate,triggered',
  builds: 1,
  held: [],
};

async function promote(names: readonly string[]): Promise<void> {
  for (const name of names) await world.put(pipeline(name));
  await world.pushTag(`shop-V${names.length}`);
  for (const approval of await world.pending()) await world.decide(approval);
  // A queue that did not take a delivery costs the time until the next sweep, by design; everything else is made good at once.
  world.pass(60_000);
  await sweepDeliveries(world.ports, world.ports.clock.now());
  await world.settle();
}

async function outcomeOf(name: string) {
  const [id = ''] = (await world.executions(name)).slice(-1);
  const execution = await world.ports.executions.find(id);
  const heads = await Promise.all(
    ['pre', 'prod'].map((environment) => world.ports.environments.heads(environment, name)),
  );
  const proof = await world.ports.executions.proof(id, 1);
  const predicate = proof === undefined ? undefined : readProof(proof).predicate;
  return {
    status: execution?.status,
    attempt: execution?.attempt,
    heads: heads.flat().map((head) => head.environment),
    keys: world.directory.keys().flatMap((key) => (key.startsWith(id) ? [key.slice(id.length + 1)] : [])),
    environments: predicate?.environments.map((one) => one.name),
    evidence: predicate?.evidence
      .map((piece) => piece.kind)
      .sort()
      .join(),
    builds: (await world.ports.artifacts.builds(name, { limit: 10 })).items.length,
    held: (await Promise.all(['pre', 'prod'].map((where) => findHolders(world.ports, where, name)))).flat(),
  };
}
