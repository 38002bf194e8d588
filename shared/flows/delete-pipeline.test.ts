import { describe, expect, it } from 'vitest';
import { sampleExecution } from '../../test/contracts/store-samples.ts';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, owner, pipelineFile, put, stranger, subscribed } from '../../test/fixtures/pipelines.ts';
import type { Caller } from '../domain/caller.ts';
import type { ExecutionStatus } from '../domain/execution.ts';
import { deletePipeline } from './delete-pipeline.ts';

const tables = useEmbeddedTables();

async function fresh() {
  const { stores } = await tables.fresh();
  return { pipelines: stores.pipelines, executions: stores.executions, clock: { now: () => fixedNow } };
}

describe('deleting a pipeline', () => {
  it.each<[string, Caller, object, string]>([
    ['an owner', owner, {}, 'deleted'],
    ['an admin', admin, { readers: [] }, 'deleted'],
    ['a reader', stranger, {}, 'forbidden'],
    ['someone who may not see it', stranger, { readers: [] }, 'missing'],
  ])('%s', async (_name, caller, over, kind) => {
    const ports = await fresh();
    await put(ports.pipelines, pipelineFile({ ...over }));
    expect((await deletePipeline(ports, { name: 'shop', caller })).kind).toBe(kind);
    expect((await ports.pipelines.head('shop'))?.deleted).toBe(kind === 'deleted');
  });

  it.each<[ExecutionStatus, string]>([
    ['queued', 'conflict'],
    ['running', 'conflict'],
    ['succeeded', 'deleted'],
    ['failed', 'deleted'],
    ['cancelled', 'deleted'],
    ['superseded', 'deleted'],
  ])('with an execution %s: %s', async (status, kind) => {
    const ports = await fresh();
    await put(ports.pipelines, pipelineFile());
    await ports.executions.create(sampleExecution({ id: 'shop-1', status }));
    await ports.executions.create(sampleExecution({ id: 'other-1', pipeline: 'other', status: 'running' }));
    expect((await deletePipeline(ports, { name: 'shop', caller: owner })).kind).toBe(kind);
  });

  it('keeps versions, takes subscriptions, and is missing the second time', async () => {
    const ports = await fresh();
    await put(ports.pipelines, pipelineFile());
    await deletePipeline(ports, { name: 'shop', caller: owner });
    expect(await ports.pipelines.versions('shop')).toHaveLength(1);
    expect(await subscribed(ports.pipelines, ['r.example.com/shop'])).toEqual([]);
    expect(await ports.pipelines.heads()).toEqual([]);
    expect(await deletePipeline(ports, { name: 'shop', caller: owner })).toEqual({ kind: 'missing' });
  });

  it('of a name that never was', async () => {
    expect(await deletePipeline(await fresh(), { name: 'shop', caller: admin })).toEqual({ kind: 'missing' });
  });

  it('completes one that died after its mark', async () => {
    const ports = await fresh();
    await put(ports.pipelines, pipelineFile());
    const head = await ports.pipelines.head('shop');
    if (head) await ports.pipelines.saveHead({ ...head, deleted: true });
    expect(await subscribed(ports.pipelines, ['r.example.com/shop'])).toHaveLength(1);
    expect(await deletePipeline(ports, { name: 'shop', caller: owner })).toEqual({ kind: 'missing' });
    expect(await subscribed(ports.pipelines, ['r.example.com/shop'])).toEqual([]);
  });
});
