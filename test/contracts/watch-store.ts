import { beforeEach, expect, it } from 'vitest';
import { type Digest, parseDigest } from '../../shared/domain/digest.ts';
import type { WatchedRepository } from '../../shared/domain/watched-repository.ts';
import type { WatchStore } from '../../shared/ports/watch-store.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`) as Digest;

function watched(over: Partial<WatchedRepository> = {}): WatchedRepository {
  return { repository: 'r.example.com/shop', suspects: [], nextAt: 1_000, failures: 0, rev: 0, ...over };
}

/** What a watch store must do in every engine. */
export function describeWatchStore(make: () => Promise<WatchStore>): void {
  let store: WatchStore;
  beforeEach(async () => {
    store = await make();
  });

  it('gives the plan to one of many', async () => {
    expect(await store.plan()).toBeUndefined();
    const first = await Promise.all([1, 2, 3].map(() => store.savePlan({ nextAt: 5, rev: 0 })));
    expect(first.filter((plan) => plan !== undefined)).toEqual([{ nextAt: 5, rev: 1 }]);
    expect(await store.savePlan({ nextAt: 9, rev: 1 })).toEqual({ nextAt: 9, rev: 2 });
    expect(await store.plan()).toEqual({ nextAt: 9, rev: 2 });
  });

  it('gives a repository to one of many', async () => {
    const suspects = [{ tag: 'v#2', digest, since: 7 }];
    const takers = await Promise.all([1, 2, 3].map(() => store.save(watched({ suspects }))));
    expect(takers.filter((one) => one !== undefined)).toEqual([watched({ suspects, rev: 1 })]);
    expect(await store.find('r.example.com/shop')).toEqual(watched({ suspects, rev: 1 }));
  });

  it('keeps what was seen of thousands of tags beside it, and removes both', async () => {
    const repository = 'r.example.com/shop';
    expect(await store.seen(repository)).toEqual(new Map());
    const seen = new Map(
      Array.from({ length: 20_000 }, (_, index) => [index.toString(16).padStart(12, '0'), 'a1b2c3d4']),
    );
    await store.save(watched());
    await store.saveSeen(repository, new Map([['old', '']]));
    await store.saveSeen(repository, seen);
    expect(await store.seen(repository)).toEqual(seen);
    await store.remove(repository);
    expect([await store.find(repository), await store.seen(repository)]).toEqual([undefined, new Map()]);
  });

  it('finds what is due, the longest due first, as it stands now', async () => {
    for (const [name, nextAt] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['later', 41],
    ] as const) {
      await store.save(watched({ repository: `r.example.com/${name}`, nextAt }));
    }
    const due = async (now: number, limit = 10) => (await store.due(now, limit)).map(({ repository }) => repository);
    expect(await due(40)).toEqual(['r.example.com/a', 'r.example.com/b', 'r.example.com/c']);
    expect(await due(41)).toHaveLength(4);
    expect(await due(40, 2)).toEqual(['r.example.com/a', 'r.example.com/b']);
    await store.save(watched({ repository: 'r.example.com/a', nextAt: 50, rev: 1 }));
    await store.remove('r.example.com/b');
    expect(await due(40)).toEqual(['r.example.com/c']);
  });
}
