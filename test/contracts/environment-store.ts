import { beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentStore } from '../../shared/ports/environment-store.ts';
import { everyPage, sampleArrival, sampleDigest, sampleHead, sampleTime, sampleVerified } from './store-samples.ts';

const order = (at: number) => `${String(at).padStart(15, '0')}-aaaaaaaa`;

/** What every EnvironmentStore must do. `make` gives a store over empty tables. */
export function describeEnvironmentStore(make: () => Promise<EnvironmentStore>): void {
  let store: EnvironmentStore;
  beforeEach(async () => {
    store = await make();
  });

  describe('heads', () => {
    it('moves forward and never back', async () => {
      const older = sampleHead({ order: order(1), executionId: 'x-1' });
      const newer = sampleHead({
        order: order(2),
        executionId: 'x-2',
        digest: sampleDigest('b'),
        since: sampleTime + 5,
      });
      expect(await store.moveHead(older)).toEqual({ kind: 'moved' });
      expect(await store.moveHead(newer)).toEqual({ kind: 'moved' });
      expect(await store.moveHead(older)).toEqual({ kind: 'newer', head: newer });
      expect(await store.heads('prod')).toEqual([newer]);
    });

    it('keeps since when the same digest comes again, and the history of both', async () => {
      const first = sampleHead({ order: order(1), executionId: 'x-1' });
      const again = sampleHead({ order: order(2), executionId: 'x-2', since: sampleTime + 50 });
      await store.moveHead(first);
      await store.moveHead(again);
      expect(await store.moveHead({ ...again, since: sampleTime + 90 })).toEqual({ kind: 'moved' });
      expect(await store.heads('prod')).toEqual([{ ...again, since: first.since }]);
      expect((await store.history('prod', { limit: 9 })).items).toEqual([again, first]);
    });

    it('shows the history of an environment by time, newest first, page by page', async () => {
      const heads = Array.from({ length: 9 }, (_, index) =>
        sampleHead({
          pipeline: `p-${index}`,
          executionId: `x-${index}`,
          since: sampleTime + Math.floor(((index * 5) % 9) / 2),
        }),
      );
      for (const head of heads) await store.moveHead(head);
      await store.moveHead(sampleHead({ environment: 'prod2' }));
      const pages = await everyPage((page) => store.history('prod', page), 2);
      expect(pages.map((page) => page.length)).toEqual([2, 2, 2, 2, 1]);
      const times = pages.flat().map((head) => head.since);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      const byName = (a: { executionId: string }, b: { executionId: string }) =>
        a.executionId.localeCompare(b.executionId);
      expect(pages.flat().toSorted(byName)).toEqual(heads);
    });

    it('ends at the newest of many that move at once', async () => {
      const heads = Array.from({ length: 12 }, (_, index) =>
        sampleHead({ order: order(index), executionId: `x-${index}`, since: sampleTime + index }),
      );
      const answers = await Promise.all(heads.map((head) => store.moveHead(head)));
      expect((await store.heads('prod')).map((head) => head.executionId)).toEqual(['x-11']);
      expect(answers[11]).toEqual({ kind: 'moved' });
      const history = (await everyPage((page) => store.history('prod', page), 4)).flat();
      const moved = heads.filter((_, index) => answers[index]?.kind === 'moved');
      expect(history.map((head) => head.executionId)).toEqual(expect.arrayContaining(moved.map((x) => x.executionId)));
    });

    it('keeps one head for each step, of one pipeline if asked', async () => {
      const heads = [
        sampleHead(),
        sampleHead({ step: 'second' }),
        sampleHead({ pipeline: 'shop2' }),
        sampleHead({ environment: 'pre' }),
      ];
      for (const head of heads) await store.moveHead(head);
      expect(await store.environments()).toEqual(['pre', 'prod']);
      expect(await store.heads('prod')).toEqual(heads.slice(0, 3));
      expect(await store.heads('prod', 'shop')).toEqual(heads.slice(0, 2));
      expect(await store.heads('none')).toEqual([]);
    });
  });

  describe('verified deployments', () => {
    it('are kept once and found by digest and by revision', async () => {
      const verified = sampleVerified();
      await store.addVerified(verified);
      await store.addVerified({ ...verified, at: sampleTime + 5 });
      const bare = sampleVerified({ executionId: 'shop-2', revision: undefined });
      await store.addVerified(bare);
      const other = sampleVerified({ digest: sampleDigest('b'), at: sampleTime + 9 });
      await store.addVerified(other);
      expect(await store.verifiedByDigest('pre', verified.digest)).toEqual([verified, bare].map(withoutUndefined));
      expect(await store.verifiedByDigest('prod', verified.digest)).toEqual([]);
      expect(await store.verifiedByRevision('pre', verified.repository, 'c0ffee')).toEqual([other, verified]);
      expect(await store.verifiedByRevision('pre', 'registry.local/other', 'c0ffee')).toEqual([]);
    });
  });

  describe('locks', () => {
    const lock = (holder: string, stage = 'prod') => ({
      environment: 'prod',
      pipeline: 'shop',
      holder,
      stage,
      since: sampleTime,
    });

    it('go to one of many that ask at once', async () => {
      const holders = Array.from({ length: 16 }, (_, index) => `x-${index}`);
      const answers = await Promise.all(holders.map((holder) => store.acquire(lock(holder))));
      const winners = holders.filter((_, index) => answers[index]?.kind === 'acquired');
      expect(winners).toHaveLength(1);
      for (const answer of answers) {
        if (answer.kind === 'held') expect(answer.by).toBe(winners[0]);
      }
      expect(await store.lock('prod', 'shop')).toMatchObject({ holder: winners[0], stages: ['prod'] });
    });

    it('are re-entrant, and free when the last of many stages has left at once', async () => {
      const stages = Array.from({ length: 12 }, (_, index) => `s${index}`);
      const entered = await Promise.all(stages.map((stage) => store.acquire(lock('x-1', stage))));
      expect(entered.every((answer) => answer.kind === 'acquired')).toBe(true);
      expect((await store.lock('prod', 'shop'))?.stages).toEqual([...stages].sort());
      await Promise.all(stages.slice(1).map((stage) => store.release('prod', 'shop', 'x-1', stage)));
      expect(await store.acquire(lock('x-2'))).toEqual({ kind: 'held', by: 'x-1' });
      await store.release('prod', 'shop', 'x-1', 's0');
      expect(await store.lock('prod', 'shop')).toBeUndefined();
      expect(await store.acquire(lock('x-2'))).toEqual({ kind: 'acquired' });
    });

    it('are the same when they are asked for twice', async () => {
      expect(await store.acquire(lock('x-1'))).toEqual({ kind: 'acquired' });
      expect(await store.acquire({ ...lock('x-1'), since: sampleTime + 5 })).toEqual({ kind: 'acquired' });
      const held = { environment: 'prod', pipeline: 'shop', holder: 'x-1', stages: ['prod'], since: sampleTime };
      expect(await store.lock('prod', 'shop')).toEqual(held);
      await store.release('prod', 'shop', 'x-1', 'prod');
      expect(await store.lock('prod', 'shop')).toBeUndefined();
    });

    it('are not released for another, nor twice', async () => {
      await store.acquire(lock('x-1'));
      await store.release('prod', 'shop', 'x-2', 'prod');
      await store.release('prod', 'shop', 'x-1', 'other');
      expect(await store.lock('prod', 'shop')).toMatchObject({ holder: 'x-1' });
      await store.release('prod', 'shop', 'x-1', 'prod');
      await store.acquire(lock('x-2'));
      await store.release('prod', 'shop', 'x-1', 'prod');
      expect(await store.lock('prod', 'shop')).toMatchObject({ holder: 'x-2' });
      await store.release('none', 'shop', 'x-1', 'prod');
    });

    it('let each of many pass, one after another', async () => {
      let inside = 0;
      const passed: string[] = [];
      const pass = async (holder: string): Promise<void> => {
        while ((await store.acquire(lock(holder))).kind === 'held');
        inside += 1;
        expect(inside).toBe(1);
        passed.push(holder);
        await store.lock('prod', 'shop');
        inside -= 1;
        await store.release('prod', 'shop', holder, 'prod');
      };
      const holders = ['a', 'b', 'c', 'd', 'e'];
      await Promise.all(holders.map(pass));
      expect([...passed].sort()).toEqual(holders);
      expect((await store.locks({ limit: 9 })).items).toEqual([]);
    });

    it('are listed while they are held', async () => {
      for (const pipeline of ['a', 'b', 'c']) await store.acquire({ ...lock('x-1'), pipeline });
      await store.release('prod', 'b', 'x-1', 'prod');
      const pages = await everyPage((page) => store.locks(page), 1);
      expect(pages.flat().map((held) => held.pipeline)).toEqual(['a', 'c']);
    });
  });

  describe('arrivals', () => {
    it('stand in order until they leave', async () => {
      const [first, second] = [
        sampleArrival({ order: order(1) }),
        sampleArrival({ order: order(2), executionId: 'x-2' }),
      ];
      await store.arrive(second);
      await store.arrive(first);
      await store.arrive({ ...first, ready: true });
      await store.arrive(sampleArrival({ pipeline: 'other' }));
      expect(await store.arrivals('prod', 'shop')).toEqual([{ ...first, ready: true }, second]);
      await store.leave(first);
      await store.leave(first);
      expect(await store.arrivals('prod', 'shop')).toEqual([second]);
    });
  });

  describe('intents', () => {
    const key = { environment: 'prod', pipeline: 'shop', stage: 'prod', job: 'main', step: 'deploy' };
    const intent = (id: number) => ({ order: order(id), executionId: `x-${id}`, node: 'prod/main/deploy' });

    it('are one at a time', async () => {
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((id) => store.intend(key, intent(id))));
      const winners = answers.filter((answer) => answer.kind === 'intended');
      expect(winners).toHaveLength(1);
      const others = answers.flatMap((answer) => (answer.kind === 'other' ? [answer.intent] : []));
      expect(new Set(others.map((other) => other.executionId)).size).toBe(1);
    });

    it('are the same again, and replaced only knowingly', async () => {
      expect(await store.intend(key, intent(1))).toEqual({ kind: 'intended' });
      expect(await store.intend(key, intent(1))).toEqual({ kind: 'intended' });
      expect(await store.intend(key, intent(2))).toEqual({ kind: 'other', intent: intent(1) });
      expect(await store.intend(key, intent(2), intent(3))).toEqual({ kind: 'other', intent: intent(1) });
      expect(await store.intend(key, intent(2), intent(1))).toEqual({ kind: 'intended' });
      expect(await store.intend({ ...key, step: 'other' }, intent(3))).toEqual({ kind: 'intended' });
    });

    it('are taken away only while they are still the same', async () => {
      await store.intend(key, intent(1));
      await store.unintend(key, intent(2));
      expect(await store.intend(key, intent(2))).toEqual({ kind: 'other', intent: intent(1) });
      await store.unintend(key, { node: 'prod/main/deploy', executionId: 'x-1', order: order(1) });
      await store.unintend(key, intent(1));
      expect(await store.intend(key, intent(2))).toEqual({ kind: 'intended' });
    });
  });
}

function withoutUndefined<T extends object>(value: T): object {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}
