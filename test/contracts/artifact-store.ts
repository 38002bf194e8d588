import { beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore, TagHead } from '../../shared/ports/artifact-store.ts';
import { everyPage, sampleBuild, sampleDigest, sampleFact, sampleRecorded, sampleTime } from './store-samples.ts';

const repository = 'registry.local/team/shop';
const [a, b] = [sampleDigest('a'), sampleDigest('b')];

/** What every ArtifactStore must do. `make` gives a store over empty tables. */
export function describeArtifactStore(make: () => Promise<ArtifactStore>): void {
  let store: ArtifactStore;
  beforeEach(async () => {
    store = await make();
  });

  describe('artifacts', () => {
    it('records once and answers what is there', async () => {
      const answers = await Promise.all(Array.from({ length: 5 }, () => store.record(sampleRecorded(a))));
      expect(answers.map((answer) => answer.kind).sort()).toEqual(['known', 'known', 'known', 'known', 'recorded']);
      expect(answers.map((answer) => answer.recorded)).toEqual(answers.map(() => sampleRecorded(a, { rev: 1 })));
      expect(await store.find(sampleRecorded(a).artifact.uuid)).toEqual(sampleRecorded(a, { rev: 1 }));
      expect(await store.find('none')).toBeUndefined();
    });

    it('saves by rev and is then found by its revision', async () => {
      await store.record(sampleRecorded(a));
      expect((await store.byRevision('c0ffee', { limit: 5 })).items).toEqual([]);
      const saved = await store.save(sampleRecorded(a, { revision: 'c0ffee', rev: 1 }));
      expect(saved).toEqual(sampleRecorded(a, { revision: 'c0ffee', rev: 2 }));
      expect(await store.save(sampleRecorded(a, { rev: 1 }))).toBeUndefined();
      expect((await store.byRevision('c0ffee', { limit: 5 })).items).toEqual([saved]);
    });

    it('lists by name and by version, newest first', async () => {
      const digests = ['1', '2', '3', '4', '5'].map(sampleDigest);
      for (const [index, digest] of digests.entries()) {
        await store.record(sampleRecorded(digest, { firstSeenAt: sampleTime + index }));
      }
      const pages = await everyPage((page) => store.byName(repository, page), 2);
      expect(pages.map((page) => page.map((recorded) => recorded.digest))).toEqual([
        [digests[4], digests[3]],
        [digests[2], digests[1]],
        [digests[0]],
      ]);
      expect((await store.byVersion(digests[2] ?? '', { limit: 5 })).items.map((x) => x.digest)).toEqual([digests[2]]);
    });

    it('takes an artifact without a version and with a long name', async () => {
      const name = `https://files.example/${'x'.repeat(1_500)}`;
      const artifact = { type: 'http/file', name, reference: name, metadata: {}, uuid: 'file-1' };
      await store.record({ artifact, firstSeenAt: sampleTime, rev: 0 });
      expect((await store.byName(name, { limit: 5 })).items.map((x) => x.artifact)).toEqual([artifact]);
    });
  });

  describe('facts', () => {
    it('keeps the same fact once, the newest event first', async () => {
      const facts = [
        sampleFact(),
        sampleFact({ id: 'x/2', at: sampleTime + 5 }),
        sampleFact({ id: 'x#1', at: sampleTime - 5 }),
      ];
      for (const fact of facts) expect(await store.addFact('uuid-1', fact)).toBe('added');
      expect(await store.addFact('uuid-1', sampleFact({ tag: 'other' }))).toBe('known');
      expect(await store.addFact('uuid-2', sampleFact())).toBe('added');
      expect(await store.facts('uuid-1')).toEqual([facts[1], facts[0], facts[2]]);
      expect(await store.facts('none')).toEqual([]);
    });

    it('shows what an artifact keeps itself among them, once', async () => {
      const [first, newer, older] = [
        sampleFact(),
        sampleFact({ id: 'x/2', at: sampleTime + 5 }),
        sampleFact({ id: 'x/3', at: sampleTime - 5 }),
      ];
      const { uuid } = sampleRecorded(a).artifact;
      const { recorded } = await store.record(sampleRecorded(a, { firstFact: first }));
      expect(await store.facts(uuid)).toEqual([first]);
      for (const fact of [older, newer]) expect(await store.addFact(uuid, fact)).toBe('added');
      await store.save({ ...recorded, revision: 'c0ffee' });
      expect(await store.facts(uuid)).toEqual([newer, first, older]);
      await store.addFact(uuid, first);
      expect(await store.facts(uuid)).toEqual([newer, first, older]);
    });
  });

  describe('tags', () => {
    const head = { repository, tag: '1.0', digest: a, pushedAt: sampleTime, eventAt: sampleTime, rev: 0 };

    const history = async (limit: number) =>
      (await everyPage((page) => store.tagHistory(repository, '1.0', page), limit)).map((page) =>
        page.map((entry) => `${entry.digest === a ? 'a' : 'b'}${entry.at - sampleTime}`),
      );

    it('saves heads by rev with their history', async () => {
      const saves = await Promise.all(Array.from({ length: 5 }, () => store.saveTag(head)));
      expect(saves.filter((saved) => saved !== undefined)).toEqual([{ ...head, rev: 1 }]);
      expect(await history(2)).toEqual([['a0']]);
      const moved = { ...head, digest: b, pushedAt: sampleTime + 9, eventAt: sampleTime + 9, rev: 1 };
      await store.saveTag(moved, { ...head, rev: 1 });
      await store.addTagHistory({ repository, tag: '1.0', digest: a, at: sampleTime + 5 });
      await store.addTagHistory({ repository, tag: '1.0', digest: a, at: sampleTime + 5 });
      expect(await store.tag(repository, '1.0')).toEqual({ ...moved, rev: 2 });
      expect(await store.tag(repository, 'none')).toBeUndefined();
      expect((await store.tagHistory(repository, 'none', { limit: 2 })).items).toEqual([]);
      expect(await history(2)).toEqual([['b9', 'a5'], ['a0']]);
    });

    it('keeps every event of a head that comes again, and whatever the pages are', async () => {
      let before: TagHead | undefined;
      const events = [
        [a, 0, 0],
        [a, 0, 3],
        [a, 0, 4],
        [b, 7, 7],
        [b, 7, 9],
        [a, 11, 11],
        [a, 11, 12],
      ] as const;
      for (const [digest, pushed, event] of events) {
        const next: TagHead = { ...head, digest, pushedAt: sampleTime + pushed, eventAt: sampleTime + event };
        before = await store.saveTag({ ...next, rev: before?.rev ?? 0 }, before);
      }
      const all = ['a12', 'a11', 'b9', 'b7', 'a4', 'a3', 'a0'];
      for (const limit of [1, 2, 3, 6, 7, 8]) expect((await history(limit)).flat()).toEqual(all);
      // Late ones may be older than what the head says first.
      await store.addTagHistory({ repository, tag: '1.0', digest: b, at: sampleTime + 11 });
      await store.addTagHistory({ repository, tag: '1.0', digest: b, at: sampleTime + 20 });
      const place = a > b ? ['a11', 'b11'] : ['b11', 'a11'];
      for (const limit of [1, 2, 3, 9]) {
        expect((await history(limit)).flat()).toEqual(['b20', 'a12', ...place, ...all.slice(2)]);
      }
    });

    it('lists every tag of a repository and of no other', async () => {
      const tags = Array.from({ length: 30 }, (_, index) => `1.${index}`);
      await Promise.all(tags.map((tag) => store.saveTag({ ...head, tag })));
      await store.saveTag({ ...head, repository: `${repository}2`, tag: 'other' });
      expect((await store.tags(repository)).map((found) => found.tag).sort()).toEqual([...tags].sort());
    });

    it('keeps the latest of a source by rev', async () => {
      const latest = { pipeline: 'shop', source: 'image', tag: '1.0', digest: a, rev: 0 };
      expect(await store.sourceLatest('shop', 'image')).toBeUndefined();
      expect(await store.saveSourceLatest(latest)).toEqual({ ...latest, rev: 1 });
      expect(await store.saveSourceLatest(latest)).toBeUndefined();
      expect(await store.sourceLatest('shop', 'image')).toEqual({ ...latest, rev: 1 });
    });
  });

  describe('builds', () => {
    it('records once', async () => {
      expect(await store.recordBuild(sampleBuild())).toBe('recorded');
      expect(await store.recordBuild(sampleBuild({ branch: 'other' }))).toBe('known');
      expect(await store.build('upstream', '1')).toEqual(sampleBuild());
      expect(await store.build('upstream', '2')).toBeUndefined();
    });

    it('lets a success take the place of a failure, once, and nothing take a success’s', async () => {
      const failed = sampleBuild({ outcome: 'failed' });
      const succeeded = sampleBuild({ at: failed.at + 5 });
      expect(await store.recordBuild(failed)).toBe('recorded');
      expect(await store.lastSuccessfulBuild('upstream')).toBeUndefined();
      const both = await Promise.all([succeeded, succeeded].map((build) => store.recordBuild(build)));
      expect(both.toSorted()).toEqual(['known', 'recorded']);
      expect(await store.recordBuild({ ...failed, at: failed.at + 9 })).toBe('known');
      expect(await store.build('upstream', '1')).toMatchObject(succeeded);
      expect(await store.lastSuccessfulBuild('upstream')).toMatchObject(succeeded);
      const { items } = await store.builds('upstream', { limit: 10 });
      expect(items).toMatchObject([succeeded]);
    });

    it('has one place for a failure and its success, told at once and again', async () => {
      const failed = sampleBuild({ outcome: 'failed' });
      const succeeded = sampleBuild({ at: failed.at + 5 });
      await store.recordBuild(failed);
      await Promise.all([failed, succeeded, failed, succeeded, failed].map((build) => store.recordBuild(build)));
      expect((await store.builds('upstream', { limit: 10 })).items).toMatchObject([succeeded]);
      await store.recordBuild(failed);
      expect((await store.builds('upstream', { limit: 10 })).items).toMatchObject([succeeded]);
    });

    it('tells builds with signs in their numbers apart', async () => {
      const names = ['a#b', 'a%23b', `${'long'.repeat(80)}1`, `${'long'.repeat(80)}2`];
      const builds = names.map((build, nth) => sampleBuild({ build, at: sampleTime + nth }));
      for (const build of builds) await store.recordBuild(build);
      expect((await store.builds('upstream', { limit: 10 })).items).toEqual(builds.toReversed());
      expect(await store.lastSuccessfulBuild('upstream')).toEqual(builds.at(-1));
    });

    it('settles what stands, and nothing else', async () => {
      const build = sampleBuild();
      const settled = { ...build, provenance: 'https://ci.example.com/1' };
      await store.recordBuild(build);
      const other = { ...build, provenance: 'other' };
      expect(await store.settleBuild(other, { ...other, revision: 'x' })).toEqual(build);
      expect(await store.settleBuild(build, settled)).toEqual(settled);
      expect(await store.settleBuild(build, other)).toEqual(settled);
      expect(await store.build('upstream', '1')).toEqual(settled);
      expect(await store.lastSuccessfulBuild('upstream')).toEqual(settled);
      const failed = sampleBuild({ build: '2', outcome: 'failed' });
      await store.recordBuild(failed);
      await store.recordBuild({ ...failed, outcome: 'succeeded' });
      const again = await store.build('upstream', '2');
      expect(again && (await store.settleBuild(again, { ...again, revision: 'x' }))).toMatchObject({ revision: 'x' });
    });

    it('knows the newest successful one whatever the order in which they came', async () => {
      expect(await store.lastSuccessfulBuild('upstream')).toBeUndefined();
      const builds = [
        sampleBuild({ build: '8', at: sampleTime + 8 }),
        sampleBuild({ build: '10', at: sampleTime + 10 }),
        sampleBuild({ build: '9', at: sampleTime + 9 }),
        sampleBuild({ build: '11', at: sampleTime + 11, outcome: 'failed' }),
      ];
      await Promise.all(builds.map((build) => store.recordBuild(build)));
      expect(await store.lastSuccessfulBuild('upstream')).toEqual(builds[1]);
      const pages = await everyPage((page) => store.builds('upstream', page), 3);
      expect(pages.map((page) => page.map((build) => build.build))).toEqual([['11', '10', '9'], ['8']]);
    });
  });
}
