import { afterEach, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import { findHolders } from '../../shared/flows/run/environment-turn.ts';
import { startManually } from '../../shared/flows/start-manually.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { approvalGate, createScenario, deploy, imageSource, type Scenario } from '../fixtures/scenario.ts';
import { deployed, failedStep } from '../fixtures/scripted-step.ts';
import { seededRandom } from '../fixtures/seeded-random.ts';

/**
 * Two and three runs before one environment, whose calls of the stores are done one at a time in an order drawn by lot, so
 * that every way in which they can fall between each other comes up; in half of the rounds tasks also fail at a call drawn by
 * lot, before or after it was done, and are tried again. Nothing sweeps: a wake that gets lost would leave a run asleep.
 */

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const rounds = process.env.WAYBILL_ALL_CRASHES === '1' ? 24 : 2;
/** Turns of the event loop after which whoever was going to call has called. */
const quietTurns = 3;

interface Lots {
  readonly random: () => number;
  /** One call in a hundred fails. */
  faulty: boolean;
}

function createQueue({ random }: Lots) {
  const waiting: (() => Promise<void>)[] = [];
  let draining = false;
  async function drain(): Promise<void> {
    draining = true;
    while (waiting.length > 0) {
      for (let turn = 0; turn < quietTurns; turn++) await new Promise(setImmediate);
      const [next] = waiting.splice(Math.floor(random() * waiting.length), 1);
      await next?.();
    }
    draining = false;
  }
  return function inTurn<T>(call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      waiting.push(() => call().then(resolve, reject));
      if (!draining) void drain();
    });
  };
}

type InTurn = ReturnType<typeof createQueue>;

function interleaved(ports: Ports, lots: Lots, inTurn: InTurn): Ports {
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]) => inTurn(() => perhaps(lots, () => Reflect.apply(value, target, args)));
      },
    });
  return { ...ports, environments: wrap(ports.environments), executions: wrap(ports.executions) };
}

async function perhaps<T>(lots: Lots, call: () => Promise<T>): Promise<T> {
  const lot = lots.faulty ? lots.random() : 1;
  if (lot < 0.005) throw new Failure('storeUnavailable', 'before it was done');
  const answer = await call();
  if (lot < 0.01) throw new Failure('storeUnavailable', 'after it was done');
  return answer;
}

const gates = { straight: [], approved: [approvalGate()] } as const;

interface Round {
  readonly name: string;
  readonly runs: number;
  readonly failing: boolean;
}

async function start(name: string, runs: number): Promise<void> {
  const starts = [];
  for (let nth = 0; nth < runs; nth++) {
    world.pass(1);
    starts.push(startManually(world.ports, { caller: world.admin, pipeline: name, body: {} }));
    // The order is the time of the start; what follows it falls as it may.
    await starts.at(-1);
  }
}

async function decideAll(random: () => number): Promise<void> {
  for (let pending = await world.pending(); pending.length > 0; pending = await world.pending()) {
    await world.decide(pending[Math.floor(random() * pending.length)]);
    world.pass(10_000);
    await world.settle();
  }
}

async function outcomeOf({ name }: Round) {
  const runs = [];
  for (const id of await world.executions(name)) runs.push({ id, status: await world.status(id) });
  return {
    runs,
    arrivals: await world.ports.environments.arrivals('e', name),
    holders: await findHolders(world.ports, 'e', name),
    heads: (await world.headOf('e', name)).map((head) => head[2]),
  };
}

for (const concurrency of ['queue', 'supersede', 'parallel'] as const) {
  for (const gate of ['straight', 'approved'] as const) {
    it(`${concurrency}, ${gate}: in whatever order they come, one at a time, older never after newer, and all end`, async () => {
      const random = seededRandom(concurrency.length * 100 + gate.length);
      const lots = { random, faulty: false };
      const inTurn = createQueue(lots);
      world = await createScenario(tables, { wrapTask: (ports) => interleaved(ports, lots, inTurn) });
      await world.pushTag('shop-V1');
      const inside = new Map<string, string>();
      const deployments: (readonly [pipeline: string, id: string])[] = [];
      const collisions: string[] = [];
      let failing = false;
      world.directory.script('*', async (request) => {
        const other = inside.get(request.pipeline);
        if (other !== undefined && other !== request.executionId)
          collisions.push(`${other} and ${request.executionId}`);
        inside.set(request.pipeline, request.executionId);
        await inTurn(async () => {});
        await inTurn(async () => {});
        inside.delete(request.pipeline);
        if (failing && random() < 0.3) return failedStep();
        deployments.push([request.pipeline, request.executionId]);
        return deployed(request);
      });
      for (let nth = 0; nth < rounds; nth++) {
        const round = { name: `${concurrency}-${nth}`, runs: 2 + (nth % 2), failing: nth % 4 === 3 };
        lots.faulty = nth % 4 >= 2;
        failing = round.failing;
        const stages = { only: { environment: 'e', gates: gates[gate], steps: deploy('e') } };
        await world.put({ name: round.name, concurrency, sources: imageSource, stages });
        await start(round.name, round.runs);
        for (let waited = 0; waited < 4; waited++) {
          await world.settle();
          world.pass(5000);
        }
        await world.settle();
        await decideAll(random);
        const { runs, ...left } = await outcomeOf(round);
        const order = runs.map((run) => run.id);
        const done = deployments.flatMap(([pipeline, id]) => (pipeline === round.name ? [order.indexOf(id)] : []));
        const seen = `${round.name}: ${runs.map((run) => run.status).join(' ')}, deployed ${done.join(' ')}`;
        expect(collisions, seen).toEqual([]);
        expect(done, seen).toEqual(done.toSorted((a, b) => a - b));
        expect({ left, seen }).toEqual({
          left: { arrivals: [], holders: [], heads: done.length === 0 ? [] : [order[done.at(-1) ?? 0]] },
          seen,
        });
        for (const [at, run] of runs.entries()) {
          const allowed = at === runs.length - 1 ? ['succeeded'] : ['succeeded', 'superseded'];
          expect([...allowed, ...(round.failing ? ['failed'] : [])], seen).toContain(run.status);
        }
      }
    }, 120_000);
  }
}
