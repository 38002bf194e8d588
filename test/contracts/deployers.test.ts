/**
 * One suite for every kind of deploy step. A kind joins by a row, `test/fixtures/deployers/<kind>.ts`; nothing is to be changed here.
 * Its target is the nearest thing to the real one that the tests have, behind a host that can be in the way of any one call. What is
 * peculiar to a kind is tested beside it.
 */

import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import { stepKinds } from '../../shared/domain/step-kinds.ts';
import { cancelExecution } from '../../shared/flows/cancel-execution.ts';
import { recordArtifact } from '../../shared/flows/record-artifact.ts';
import type { Deployer, StepAnswer } from '../../shared/ports/deployer.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { createScenario, imageSource, type Scenario } from '../fixtures/scenario.ts';
import type { TargetFault } from '../fixtures/target-front.ts';
import { thorough } from '../fixtures/thorough.ts';
import {
  type Applies,
  type DeployerRow,
  type DeployerTarget,
  drive,
  findRow,
  otherDigest,
  requestOf,
  shopImage,
} from './deployer-row.ts';

const tables = useEmbeddedTables();
/** `pipeline` starts another pipeline of ours and is the flow's own. */
const kinds = Object.keys(stepKinds).filter((kind) => kind !== 'pipeline');
const rows = await Promise.all(kinds.map(async (kind) => ({ kind, row: await findRow(kind) })));

it.each(rows.map(({ kind, row }) => [kind, row] as const))('%s has a row and a folder', (kind, row) => {
  expect(row, `test/fixtures/deployers/${kind}.ts`).toBeDefined();
  expect(existsSync(new URL(`../../shared/adapters/deployers/${kind}/${kind}.ts`, import.meta.url))).toBe(true);
});

for (const { kind, row } of rows) {
  if (row?.missing !== undefined) console.log(`skipped: the contract of the step ${kind}: ${row.missing}`);
  if (row !== undefined) describe.skipIf(row.missing !== undefined)(`step ${kind}`, () => suite(kind, row));
}

/** Says in the test's name why a case has nothing to try. */
function when(applies: Applies, name: string, test: () => Promise<void>): void {
  if (applies === true) it(name, test);
  else it.skip(`${name}: ${applies}`);
}

function suite(kind: string, row: DeployerRow): void {
  let target: DeployerTarget;
  const wanted = requestOf(row, {}).wanted;
  beforeEach(async () => {
    target = await row.start();
  });
  afterEach(() => target.close());
  afterAll(() => row.close?.());

  async function afresh(): Promise<DeployerTarget> {
    await target.close();
    target = await row.start();
    return target;
  }

  function expectDone(answer: StepAnswer): void {
    expect(answer).toMatchObject({ kind: 'done' });
    expect(answer.kind === 'done' && answer.observed).toBe(row.observes === true ? wanted : undefined);
  }

  it('is of its kind', () => expect(target.create().kind).toBe(kind));

  it('started again after its end it gives the same answer, and deploys once', async () => {
    await target.reach();
    const { answer } = await drive(row, target);
    expectDone(answer);
    const before = await target.deployments();
    expect(before).toHaveLength(1);
    expect((await drive(row, target)).answer).toEqual(answer);
    expect(await target.deployments()).toEqual(before);
  });

  it('started twice at once it ends the same twice, and deploys once', async () => {
    await target.reach();
    const [one, other] = await Promise.all([drive(row, target), drive(row, target)]);
    expectDone(one.answer);
    expect(other.answer).toEqual(one.answer);
    expect(await target.deployments()).toHaveLength(1);
  });

  it('killed after any of its calls, before anybody knows of it, it goes on and deploys once', async () => {
    for (const forget of thorough ? [1, 2, 3, 4] : [2]) {
      const fresh = await afresh();
      await fresh.reach();
      const whole = fresh.front.calls();
      expectDone((await drive(row, fresh, { forget })).answer);
      expect(await fresh.deployments(), `call ${forget}`).toHaveLength(1);
      expect(fresh.front.calls()).toBeGreaterThan(whole);
    }
  });

  it.each<[string, TargetFault]>([
    ['throttled', row.throttled],
    ['answered 503', { status: 503 }],
    ['without an answer to what was done', 'lost'],
  ])('%s at any one call it is asked again and deploys once', async (_name, fault) => {
    // Not every call everywhere: the first, and some after it.
    for (let nth = 1, met = true; met; nth += thorough ? 1 : 9) {
      const fresh = await afresh();
      await fresh.reach();
      fresh.front.meet(fault, { nth });
      const { answer, retried } = await drive(row, fresh);
      expectDone(answer);
      expect(await fresh.deployments(), `call ${nth}`).toHaveLength(1);
      expectNoSecrets(retried);
      met = fresh.front.calls() >= nth;
      expect(nth).toBeLessThan(60);
    }
  });

  it('denied, it fails at once and says so', async () => {
    await target.reach();
    target.front.meet(row.denied, { nth: 1, times: 1000 });
    const { code, text, retryable } = await endOf(drive(row, target));
    expect({ code, retryable }).toEqual({ code: row.deniedCode, retryable: false });
    expectNoSecrets([text]);
    expect(await target.deployments()).toEqual([]);
  });

  const { absent } = row;
  when(typeof absent === 'string' ? absent : true, 'of a target that is not there it says that', async () => {
    if (typeof absent === 'string') return;
    await target.reach();
    const { code, text, retryable } = await endOf(drive(row, target, { with: { ...target.with, ...absent.with } }));
    expect({ code, retryable }).toEqual({ code: absent.code, retryable: false });
    expectNoSecrets([text]);
    expect(await target.deployments()).toEqual([]);
  });

  when(row.mismatch, 'another digest at the target is never called done', async () => {
    await target.reach(otherDigest);
    // What it has is the answer, where the flow is to compare it; else the step itself says that it is another.
    const { code, text } = await endOf(drive(row, target));
    expect(['digestMismatch', 'done']).toContain(code);
    if (code === 'done') expect(JSON.parse(text).observed).toBe(otherDigest);
  });

  function expectNoSecrets(told: readonly unknown[]): void {
    const text = told.map((one) => (one instanceof Failure ? JSON.stringify([one.message, one.details]) : String(one)));
    for (const secret of row.secrets) expect(text.join('\n')).not.toContain(secret);
  }

  describe('in a run', () => {
    let world: Scenario;
    let runs = 0;
    afterEach(() => world.close());

    /** A push of the thing, to a pipeline with the one step. */
    async function run(): Promise<string> {
      runs = 0;
      const step: Deployer = {
        kind,
        run: (request) => {
          runs += 1;
          return target.create().run(request);
        },
        cancel: async (request) => target.create().cancel?.(request),
      };
      world = await createScenario(tables, { deployers: { [kind]: step } });
      const thing = { type: 'artifact', artifactType: row.file?.type ?? '', name: row.file?.name ?? '' };
      await world.put({
        name: 'shop',
        sources: { thing: row.file === undefined ? imageSource.image : thing },
        stages: { prod: { environment: 'prod', steps: { go: { step: kind, with: target.with } } } },
      });
      if (row.file === undefined) await world.push('team/shop', 'shop-V1', shopImage);
      else {
        const { uuid: _, ...input } = row.file;
        await recordArtifact(world.ports, { caller: world.admin, input });
      }
      await world.settle();
      return (await world.executions('shop'))[0] ?? '';
    }

    async function wait(polls: number): Promise<void> {
      for (let poll = 0; poll < polls; poll += 1) {
        world.pass(300_000);
        await world.settle();
      }
    }

    const heads = async () => (await world.headOf('prod')).map(([, digest]) => digest);

    it('it succeeds, and only what was observed becomes the head', async () => {
      await target.reach();
      const id = await run();
      await wait(8);
      expect(await world.faults(id)).toEqual({});
      expect(await world.status(id)).toBe('succeeded');
      expect(await target.deployments()).toHaveLength(1);
      expect(await heads()).toEqual(row.observes === true ? [wanted] : []);
    });

    it('throttled it is asked again by the machine, and succeeds', async () => {
      await target.reach();
      target.front.meet(row.throttled, { nth: 1, times: 2 });
      const id = await run();
      await wait(8);
      expect(await world.status(id)).toBe('succeeded');
      expect(await target.deployments()).toHaveLength(1);
    });

    it('denied it fails with that, and nobody tries it again', async () => {
      target.front.meet(row.denied, { nth: 1, times: 1000 });
      const id = await run();
      await wait(2);
      expect(await world.faults(id)).toMatchObject({ 'prod/main/go': row.deniedCode });
      expect(runs).toBe(1);
      expect(await heads()).toEqual([]);
    });

    when(row.mismatch, 'another digest at the target fails it with digestMismatch and moves no head', async () => {
      await target.reach(otherDigest);
      const id = await run();
      await wait(8);
      expect(await world.faults(id)).toMatchObject({ 'prod/main/go': 'digestMismatch' });
      expect(await heads()).toEqual([]);
    });

    when(row.timesOut, 'a target that never gets there ends with stepTimeout', async () => {
      const id = await run();
      await wait(29);
      expect(await world.status(id)).toBe('running');
      await wait(2);
      expect(await world.faults(id)).toMatchObject({ 'prod/main/go': 'stepTimeout' });
      expect(await heads()).toEqual([]);
    });

    when(row.cancels, 'cancelled under way the target is told to stop, and before it is not', async () => {
      await target.create().cancel?.(requestOf(row, target.with));
      expect(target.stops()).toBe(0);
      const id = await run();
      await wait(1);
      expect((await cancelExecution(world.ports, { id, by: 'alice' })).kind).toBe('cancelling');
      await wait(2);
      expect(await world.status(id)).toBe('cancelled');
      expect(target.stops()).toBe(1);
      expect(await heads()).toEqual([]);
    });
  });
}

async function endOf(driven: ReturnType<typeof drive>) {
  try {
    const { answer } = await driven;
    const text = JSON.stringify(answer);
    return { code: answer.kind === 'failed' ? answer.code : answer.kind, text, retryable: false };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { code: error.code, text: JSON.stringify([error.message, error.details]), retryable: error.retryable };
  }
}
