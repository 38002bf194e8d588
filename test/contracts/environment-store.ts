import { beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentLock } from '../../shared/domain/environment.ts';
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
    const lock = (holder: string, more: Partial<EnvironmentLock> = {}): EnvironmentLock => ({
      environment: 'prod',
      pipeline: 'shop',
      holder,
      order: order(1),
      attempt: 1,
      stages: ['prod'],
      since: sampleTime,
      ...more,
    });
    const taken = () => store.lock('prod', 'shop');

    it('go to one of many that take them at once, and stay its', async () => {
      const all = Array.from({ length: 16 }, (_, index) => lock(`x-${index}`));
      const answers = await Promise.all(all.map((next) => store.swapLock(undefined, next)));
      const winners = all.filter((_, index) => answers[index]);
      expect(winners).toHaveLength(1);
      expect(await taken()).toEqual(winners[0]);
    });

    it('go on to one of many that take them over at once', async () => {
      const first = lock('x-0');
      await store.swapLock(undefined, first);
      const all = Array.from({ length: 16 }, (_, index) => lock(`x-${index + 1}`, { order: order(index) }));
      const answers = await Promise.all(all.map((next) => store.swapLock(first, next)));
      const winners = all.filter((_, index) => answers[index]);
      expect(winners).toHaveLength(1);
      expect(await taken()).toEqual(winners[0]);
      expect(await store.swapLock(first, lock('x-99'))).toBe(false);
    });

    it('change only where all of what was seen still stands', async () => {
      const first = lock('x-1');
      await store.swapLock(undefined, first);
      for (const seen of [
        undefined,
        lock('x-2'),
        lock('x-1', { stages: ['a', 'prod'] }),
        lock('x-1', { attempt: 2 }),
        lock('x-1', { since: sampleTime + 1 }),
      ]) {
        expect(await store.swapLock(seen, lock('x-3'))).toBe(false);
      }
      expect(await taken()).toEqual(first);
      const joined = lock('x-1', { stages: ['a', 'prod'] });
      expect(await store.swapLock(await taken(), joined)).toBe(true);
      expect(await taken()).toEqual(joined);
      expect(await store.swapLock(joined, lock('x-1', { stages: [] }))).toBe(true);
      expect((await taken())?.stages).toEqual([]);
    });

    it('lose no stage of many that join at once', async () => {
      const join = async (stage: string): Promise<void> => {
        const seen = await taken();
        const stages = [...(seen?.stages ?? []), stage].sort();
        if (!(await store.swapLock(seen, lock('x-1', { stages })))) await join(stage);
      };
      const stages = Array.from({ length: 12 }, (_, index) => `s${index}`);
      await Promise.all(stages.map(join));
      expect((await taken())?.stages).toEqual([...stages].sort());
    });

    it('are one for each pipeline and environment', async () => {
      const others = [lock('x-2', { pipeline: 'shop2' }), lock('x-3', { environment: 'pre' })];
      for (const one of [lock('x-1'), ...others]) expect(await store.swapLock(undefined, one)).toBe(true);
      expect(await taken()).toEqual(lock('x-1'));
      expect(await store.lock('prod', 'shop2')).toEqual(others[0]);
      expect(await store.lock('pre', 'shop')).toEqual(others[1]);
      expect(await store.lock('pre', 'shop2')).toBeUndefined();
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
