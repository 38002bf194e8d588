import { beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactContent, StoredContent } from '../../shared/domain/content.ts';
import type { ContentStore } from '../../shared/ports/content-store.ts';
import { everyPage, sampleTime } from './store-samples.ts';

const hash = (digit: string): string => digit.repeat(64);

export function sampleContent(change: Partial<StoredContent> = {}): StoredContent {
  return {
    application: 'shop',
    hash: hash('a'),
    sha256: hash('b'),
    size: 12,
    blob: 'content/shop/aa/a.gz',
    generation: sampleTime,
    storedAt: sampleTime,
    usedAt: sampleTime,
    uuids: ['u1'],
    rev: 0,
    ...change,
  };
}

function samplePin(change: Partial<ArtifactContent> = {}): ArtifactContent {
  const seen = { hash: hash('a'), sha256: hash('b'), size: 12, at: sampleTime };
  return { application: 'shop', uuid: 'u1', ...seen, ...change };
}

/** What every ContentStore must do. `make` gives a store over empty tables. */
export function describeContentStore(make: () => Promise<ContentStore>): void {
  let store: ContentStore;
  beforeEach(async () => {
    store = await make();
  });

  describe('content', () => {
    it('is saved by rev', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => store.save(sampleContent())));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([sampleContent({ rev: 1 })]);
      expect(await store.find('shop', hash('a'))).toEqual(sampleContent({ rev: 1 }));
      expect(await store.find('other', hash('a'))).toBeUndefined();
      expect(await store.save(sampleContent({ usedAt: sampleTime + 1, rev: 1 }))).toMatchObject({ rev: 2 });
      expect(await store.save(sampleContent({ rev: 1 }))).toBeUndefined();
    });

    it('is removed by rev', async () => {
      await store.save(sampleContent());
      await store.save(sampleContent({ rev: 1 }));
      expect(await store.remove(sampleContent({ rev: 1 }))).toBe(false);
      expect(await store.remove(sampleContent({ rev: 2 }))).toBe(true);
      expect(await store.remove(sampleContent({ rev: 2 }))).toBe(false);
      expect(await store.find('shop', hash('a'))).toBeUndefined();
    });

    it('is listed by application', async () => {
      for (const digit of ['1', '2', '3', '4', '5']) await store.save(sampleContent({ hash: hash(digit) }));
      await store.save(sampleContent({ application: 'other', hash: hash('6') }));
      const pages = await everyPage((page) => store.list('shop', page), 2);
      expect(pages.flat().map((content) => content.hash)).toEqual(['1', '2', '3', '4', '5'].map(hash));
      expect((await store.list('other', { limit: 5 })).items).toHaveLength(1);
    });
  });

  it('pins the first bytes of an artifact, for each application', async () => {
    const first = await Promise.all([
      store.pin(samplePin()),
      store.pin(samplePin({ sha256: hash('c') })),
      store.pin(samplePin({ application: 'other', sha256: hash('d') })),
    ]);
    const [one, two, other] = first;
    expect([one?.kind, two?.kind].sort()).toEqual(['known', 'pinned']);
    expect(one?.content.sha256).toBe(two?.content.sha256);
    expect(other).toEqual({ kind: 'pinned', content: samplePin({ application: 'other', sha256: hash('d') }) });
    expect((await store.pins('u1')).map((pin) => pin.application).sort()).toEqual(['other', 'shop']);
    expect(await store.pins('u2')).toEqual([]);
  });
}
