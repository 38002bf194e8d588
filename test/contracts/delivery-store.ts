import { beforeEach, expect, it } from 'vitest';
import type { DeliveryStore } from '../../shared/ports/delivery-store.ts';
import { everyPage, sampleDelivery, sampleMatch, sampleTime } from './store-samples.ts';

/** What every DeliveryStore must do. `make` gives a store over empty tables. */
export function describeDeliveryStore(make: () => Promise<DeliveryStore>): void {
  let store: DeliveryStore;
  beforeEach(async () => {
    store = await make();
  });

  it('accepts once, also when one delivery comes ten times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.accept(sampleDelivery())));
    expect(answers.filter((answer) => answer.kind === 'accepted')).toHaveLength(1);
    expect(answers.filter((answer) => answer.kind === 'known')).toEqual(
      Array.from({ length: 9 }, () => ({ kind: 'known', delivery: sampleDelivery({ rev: 1 }) })),
    );
    expect(await store.find('delivery-1')).toEqual(sampleDelivery({ rev: 1 }));
    expect(await store.find('none')).toBeUndefined();
  });

  it('takes ids of any length and sign', async () => {
    const ids = ['a#b', 'a%23b', 'x'.repeat(900), `${'x'.repeat(900)}y`, 'ü/../%~'];
    for (const id of ids) expect(await store.accept(sampleDelivery({ id }))).toEqual({ kind: 'accepted' });
    for (const id of ids) expect((await store.find(id))?.id).toBe(id);
    expect([...(await store.pending(sampleTime + 1, 10))].sort()).toEqual([...ids].sort());
  });

  it('saves by rev, and is no longer pending once processed', async () => {
    await store.accept(sampleDelivery());
    const processed = sampleDelivery({ status: 'processed', rev: 1 });
    const saves = await Promise.all(Array.from({ length: 5 }, () => store.save(processed)));
    expect(saves.filter((saved) => saved !== undefined)).toEqual([{ ...processed, rev: 2 }]);
    expect(await store.pending(sampleTime + 1, 10)).toEqual([]);
  });

  it('is pending again after a replay', async () => {
    await store.accept(sampleDelivery());
    await store.save(sampleDelivery({ status: 'failed', rev: 1 }));
    await store.save(sampleDelivery({ status: 'pending', rev: 2 }));
    expect(await store.pending(sampleTime + 1, 10)).toEqual(['delivery-1']);
  });

  it('offers pending ones received before a time, oldest first', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `d${String(index).padStart(2, '0')}`);
    await Promise.all(ids.map((id, index) => store.accept(sampleDelivery({ id, receivedAt: sampleTime + index }))));
    expect(await store.pending(sampleTime + 12, 50)).toEqual(ids.slice(0, 12));
    expect(await store.pending(sampleTime + 12, 5)).toEqual(ids.slice(0, 5));
    expect(await store.pending(sampleTime, 5)).toEqual([]);
  });

  it('keeps a delivery of a thousand events whole', async () => {
    const events = Array.from({ length: 1_000 }, (_, index) => ({
      kind: 'push' as const,
      repository: `registry.local/team/shop-${index}`,
      tag: 'latest',
    }));
    await store.accept(sampleDelivery({ events }));
    expect((await store.find('delivery-1'))?.events).toEqual(events);
    expect(await store.accept(sampleDelivery({ events }))).toMatchObject({ kind: 'known', delivery: { events } });
  });

  it('lists several receivers as one list by time, newest first', async () => {
    const all = Array.from({ length: 21 }, (_, index) =>
      sampleDelivery({
        id: `d${String(index).padStart(2, '0')}`,
        receiver: ['a', 'b', 'c'][index % 3] ?? 'a',
        receivedAt: sampleTime + Math.floor(index / 2),
        rev: 1,
      }),
    );
    await Promise.all(all.map((delivery) => store.accept({ ...delivery, rev: 0 })));
    const list = async (query: { readonly receivers: readonly string[]; readonly since?: number }) =>
      (await everyPage((page) => store.list({ ...query, ...page }), 4)).flat();
    const newestFirst = [...all].reverse();
    expect(await list({ receivers: ['a', 'b', 'c', 'a'] })).toEqual(newestFirst);
    expect(await list({ receivers: ['b'] })).toEqual(newestFirst.filter((delivery) => delivery.receiver === 'b'));
    expect(await list({ receivers: ['a', 'c'], since: sampleTime + 5 })).toEqual(
      newestFirst.filter((delivery) => delivery.receiver !== 'b' && delivery.receivedAt >= sampleTime + 5),
    );
    expect(await list({ receivers: [] })).toEqual([]);
    await expect(store.list({ receivers: ['a'], limit: 1, cursor: '??' })).rejects.toMatchObject({
      code: 'invalidInput',
    });
  });

  it('keeps one match for each event, pipeline and source', async () => {
    const matches = [
      sampleMatch(),
      sampleMatch({ source: 'other' }),
      sampleMatch({ event: 11 }),
      sampleMatch({ event: 2 }),
    ];
    for (const match of matches) expect(await store.saveMatch('delivery-1', match)).toEqual({ ...match, rev: 1 });
    expect(await store.saveMatch('delivery-1', sampleMatch())).toBeUndefined();
    expect(await store.saveMatch('delivery-1', sampleMatch({ rev: 1, attempts: 2 }))).toEqual(
      sampleMatch({ rev: 2, attempts: 2 }),
    );
    await store.saveMatch('delivery-2', sampleMatch());
    const stored = await store.matches('delivery-1');
    expect(stored.map((match) => [match.event, match.source])).toEqual([
      [0, 'image'],
      [0, 'other'],
      [2, 'image'],
      [11, 'image'],
    ]);
  });

  it('shows what a delivery carries beside its rows, and a row rather than what it carries', async () => {
    const carried = [
      sampleMatch(),
      sampleMatch({ event: 3, message: 'before' }),
      sampleMatch({ event: 1, pipeline: 'other' }),
    ];
    await store.accept(sampleDelivery());
    const saved = await store.save(sampleDelivery({ status: 'processed', outcomes: carried, rev: 1 }));
    expect(saved?.outcomes).toEqual(carried);
    const row = sampleMatch({ event: 3, message: 'now', status: 'pending', nextAt: 5 });
    expect(await store.saveMatch('delivery-1', row)).toEqual({ ...row, rev: 1 });
    await store.saveMatch('delivery-1', sampleMatch({ event: 2 }));
    const matches = await store.matches('delivery-1');
    expect(matches.map(({ event, message, rev }) => [event, message, rev])).toEqual([
      [0, sampleMatch().message, 0],
      [1, sampleMatch().message, 0],
      [2, sampleMatch().message, 1],
      [3, 'now', 1],
    ]);
    expect(await store.findWithMatches('delivery-1')).toEqual({ delivery: saved, matches });
    expect(await store.findWithMatches('none')).toEqual({ delivery: undefined, matches: [] });
    expect(await store.dueMatches(9, 9)).toEqual(['delivery-1']);
  });

  it('offers deliveries with a due match, each once, until the match is done', async () => {
    const pending = (nextAt: number, event = 0) => sampleMatch({ status: 'pending', nextAt, event });
    await store.saveMatch('late', pending(300));
    for (let event = 0; event < 9; event += 1) await store.saveMatch('many', pending(100 + event, event));
    await store.saveMatch('one', pending(200));
    expect(await store.dueMatches(99, 10)).toEqual([]);
    expect(await store.dueMatches(100, 10)).toEqual(['many']);
    expect(await store.dueMatches(250, 10)).toEqual(['many', 'one']);
    expect(await store.dueMatches(250, 1)).toEqual(['many']);
    expect(await store.dueMatches(999, 3)).toEqual(['many', 'one', 'late']);
    await store.saveMatch('one', sampleMatch({ rev: 1 }));
    expect(await store.dueMatches(999, 3)).toEqual(['many', 'late']);
  });
}
