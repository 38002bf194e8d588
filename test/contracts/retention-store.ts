import { beforeEach, expect, it } from 'vitest';
import { noCounts, type SweptExecution } from '../../shared/domain/retention.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import {
  everyPage,
  sampleApproval,
  sampleDigest,
  sampleExecution,
  sampleImage,
  sampleNode,
  samplePipelineHead,
  sampleTime,
} from './store-samples.ts';

type Stores = Pick<Ports, 'executions' | 'pipelines' | 'retention'>;

const digest = sampleDigest('a');
const id = 'shop-1';
const ended = sampleExecution({
  ...{ id, status: 'succeeded', endedAt: sampleTime },
  bound: [{ id: 'image', artifact: sampleImage(digest), from: 'received' }],
});

const swept: SweptExecution = {
  ...{ id, pipeline: 'shop', pipelineVersion: '0123456789ab', attempt: 1, createdAt: sampleTime, sweptAt: sampleTime },
  left: { approvals: ['approval-1', 'approval-2'], versions: [digest] },
};

/** What the stores must do for retention. `make` gives them over empty tables. */
export function describeRetention(make: () => Promise<Stores>): void {
  let stores: Stores;
  beforeEach(async () => {
    stores = await make();
  });

  async function fill(): Promise<void> {
    const { executions } = stores;
    await executions.create(ended);
    for (const name of ['prod', 'prod/main', 'prod/main/deploy']) await executions.saveNode(sampleNode({ name }));
    await executions.addEvidence(id, { name: '1/prod', at: sampleTime, kind: 'stage', body: {} });
    await executions.createApproval(sampleApproval());
    await executions.putProof(id, 1, '{"proof":1}');
  }

  it('a swept execution is in no list, its rest goes, its proof stays', async () => {
    const { executions } = stores;
    await fill();
    expect(await executions.swept(id)).toBeUndefined();
    expect(await executions.sweep({ ...ended, rev: 1 }, swept)).toBe(true);
    expect(await executions.find(id)).toBeUndefined();
    expect(await executions.swept(id)).toEqual(swept);
    expect((await executions.list({ pipeline: 'shop', limit: 5 })).items).toEqual([]);
    expect((await executions.list({ status: 'succeeded', limit: 5 })).items).toEqual([]);
    expect((await executions.sweeping({ limit: 5 })).items).toEqual([swept]);
    await executions.clear(swept);
    await executions.clear(swept);
    const { left: _, ...kept } = swept;
    expect(await executions.swept(id)).toEqual(kept);
    expect((await executions.sweeping({ limit: 5 })).items).toEqual([]);
    expect(await executions.allNodes(id)).toEqual([]);
    expect(await executions.evidence(id)).toEqual([]);
    expect(await executions.approval('approval-1')).toBeUndefined();
    expect((await executions.approvals({ status: 'pending', limit: 5 })).items).toEqual([]);
    expect((await executions.list({ digest, limit: 5 })).items).toEqual([]);
    expect(await executions.proof(id, 1)).toBe('{"proof":1}');
  });

  it('an execution that went on meanwhile stays with all that is its own', async () => {
    const { executions } = stores;
    await fill();
    const retried = await executions.save({ ...ended, status: 'queued', attempt: 2, rev: 1 });
    expect(await executions.sweep({ ...ended, rev: 1 }, swept)).toBe(false);
    expect(await executions.find(id)).toEqual(retried);
    expect(await executions.swept(id)).toBeUndefined();
    await executions.clear(swept);
    expect(await executions.allNodes(id)).toHaveLength(3);
    expect((await executions.sweeping({ limit: 5 })).items).toEqual([]);
  });

  it('two sweeps at once take it once or both', async () => {
    const { executions } = stores;
    await fill();
    const answers = await Promise.all([1, 2, 3].map(() => executions.sweep({ ...ended, rev: 1 }, swept)));
    expect(answers).toContain(true);
    await executions.clear(swept);
    expect(await executions.find(id)).toBeUndefined();
    expect(await executions.swept(id)).toBeDefined();
  });

  it('lists every pipeline that there is or was, by name', async () => {
    const { pipelines, retention } = stores;
    for (const name of ['c', 'a', 'e']) await pipelines.saveHead(samplePipelineHead({ name }));
    for (const name of ['b', 'd']) await pipelines.saveHead(samplePipelineHead({ name, deleted: true }));
    for (const limit of [1, 2, 10]) {
      const pages = await everyPage((page) => retention.pipelines(page), limit);
      expect(pages.flat()).toEqual(['a', 'b', 'c', 'd', 'e']);
    }
    expect((await pipelines.heads()).map((head) => head.name)).toEqual(['a', 'c', 'e']);
  });

  it('keeps where a round stands, by rev', async () => {
    const { retention } = stores;
    expect(await retention.state()).toBeUndefined();
    const state = { startedAt: sampleTime, pipelines: 0, removed: noCounts, rev: 0 };
    expect(await retention.saveState(state)).toEqual({ ...state, rev: 1 });
    expect(await retention.saveState(state)).toBeUndefined();
    expect(await retention.state()).toEqual({ ...state, rev: 1 });
  });
}
