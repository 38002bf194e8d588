import { beforeEach, expect, it } from 'vitest';
import type { PipelineStore } from '../../shared/ports/pipeline-store.ts';
import { samplePipelineHead, samplePipelineVersion, sampleSubscription, sampleTime } from './store-samples.ts';

/** What every PipelineStore must do. `make` gives a store over empty tables. */
export function describePipelineStore(make: () => Promise<PipelineStore>): void {
  let store: PipelineStore;
  beforeEach(async () => {
    store = await make();
  });

  it('saves heads by rev', async () => {
    const saves = await Promise.all(Array.from({ length: 5 }, () => store.saveHead(samplePipelineHead())));
    expect(saves.filter((saved) => saved !== undefined)).toEqual([samplePipelineHead({ rev: 1 })]);
    expect(await store.head('shop')).toEqual(samplePipelineHead({ rev: 1 }));
    expect(await store.head('none')).toBeUndefined();
  });

  it('lists heads by name without deleted ones', async () => {
    for (const name of ['shop', 'api', 'web', 'old']) await store.saveHead(samplePipelineHead({ name }));
    await store.saveHead(samplePipelineHead({ name: 'old', deleted: true, rev: 1 }));
    expect((await store.heads()).map((head) => head.name)).toEqual(['api', 'shop', 'web']);
    expect(await store.head('old')).toMatchObject({ deleted: true });
  });

  it('reads versions that were stored before files had expectations and triggers', async () => {
    const { expectedArtifacts: _, triggers: _t, ...older } = samplePipelineVersion().definition;
    const stage = { id: 'pre', needs: [], when: 'success', gates: [], jobs: [] };
    const definition = JSON.parse(JSON.stringify({ ...older, stages: [stage] }));
    await store.putVersion(samplePipelineVersion({ definition }));
    const read = await store.version('shop', '0123456789ab');
    expect(read?.definition).toEqual({
      ...older,
      expectedArtifacts: [],
      triggers: [],
      stages: [{ ...stage, expectedArtifacts: [], inputArtifacts: [] }],
    });
  });

  it('keeps versions as they were first put, newest first', async () => {
    expect(await store.putVersion(samplePipelineVersion())).toBe('created');
    expect(await store.putVersion(samplePipelineVersion({ createdAt: sampleTime + 9, createdBy: 'bob' }))).toBe(
      'known',
    );
    const later = samplePipelineVersion({ version: 'ffff', createdAt: sampleTime + 5, createdBy: 'carol' });
    expect(await store.putVersion(later)).toBe('created');
    expect(await store.version('shop', '0123456789ab')).toEqual(samplePipelineVersion());
    expect(await store.version('shop', 'none')).toBeUndefined();
    expect(await store.versions('shop')).toEqual([
      { version: 'ffff', createdAt: sampleTime + 5, createdBy: 'carol' },
      { version: '0123456789ab', createdAt: sampleTime, createdBy: 'alice' },
    ]);
  });

  it('keeps a file of 250 KB', async () => {
    const file = { name: 'shop', description: 'x'.repeat(250_000) };
    await store.putVersion(samplePipelineVersion({ file }));
    expect((await store.version('shop', '0123456789ab'))?.file).toEqual(file);
  });

  it('finds subscriptions under any of several keys', async () => {
    const keys = ['repository:a.io/x', 'repository:a.io/', 'repository:/', 'pipeline:up'] as const;
    const stored = keys.map((key, index) => sampleSubscription({ key, pipeline: `p${index}` }));
    await store.putSubscriptions(stored);
    await store.putSubscriptions(stored);
    expect(await store.subscriptions([keys[0], keys[2], 'repository:none'])).toEqual([stored[0], stored[2]]);
    expect(await store.subscriptions([])).toEqual([]);
  });

  it('removes old versions of one pipeline only', async () => {
    const key = sampleSubscription().key;
    const shop = ['v1', 'v2'].map((version) => sampleSubscription({ version }));
    const second = sampleSubscription({ version: 'v2', source: 'second' });
    const others = [sampleSubscription({ pipeline: 'shop2', version: 'v1' }), sampleSubscription({ pipeline: 'sho' })];
    await store.putSubscriptions([...shop, second, ...others]);
    await store.removeSubscriptions('shop', [key, 'repository:none'], 'v2');
    const left = await store.subscriptions([key]);
    expect(left.map((subscription) => [subscription.pipeline, subscription.source, subscription.version])).toEqual([
      ['sho', 'image', '0123456789ab'],
      ['shop', 'image', 'v2'],
      ['shop', 'second', 'v2'],
      ['shop2', 'image', 'v1'],
    ]);
    await store.removeSubscriptions('shop', [key], undefined);
    expect((await store.subscriptions([key])).map((subscription) => subscription.pipeline)).toEqual(['sho', 'shop2']);
  });
}
