import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, owner, pipelineFile, put, stranger } from '../../test/fixtures/pipelines.ts';
import { listPipelines } from './list-pipelines.ts';
import { findPipeline, loadPlan } from './load-pipeline.ts';

const tables = useEmbeddedTables();

async function fresh() {
  return { pipelines: (await tables.fresh()).stores.pipelines };
}

type Ports = Awaited<ReturnType<typeof fresh>>;

async function saved({ pipelines }: Ports, file = pipelineFile()): Promise<string> {
  const answer = await put(pipelines, file, { caller: admin });
  if (answer.kind !== 'saved') throw new Error(JSON.stringify(answer));
  return answer.version;
}

describe('loadPlan', () => {
  it('compiles the version named, and keeps it', async () => {
    const ports = await fresh();
    const first = await saved(ports);
    await saved(ports, pipelineFile({ concurrency: 'parallel' }));
    const loaded = await loadPlan(ports, 'shop', first);
    expect(loaded).toMatchObject({
      definition: { name: 'shop' },
      plan: { concurrency: 'queue', stages: [{ id: 'pre' }] },
    });
    expect(await loadPlan(ports, 'shop', first)).toBe(loaded);
    expect((await loadPlan(await saveElsewhere(), 'shop', first)).plan).toEqual(loaded.plan);
  });

  async function saveElsewhere(): Promise<Ports> {
    const ports = await fresh();
    await saved(ports);
    return ports;
  }

  it('fails for a version that is not there, and does not keep that', async () => {
    const ports = await fresh();
    const there = await saved(await fresh());
    await expect(loadPlan(ports, 'shop', there)).rejects.toMatchObject({ code: 'internal' });
    await saved(ports);
    expect((await loadPlan(ports, 'shop', there)).definition.name).toBe('shop');
  });
});

describe('findPipeline', () => {
  it('shows the present version and the list', async () => {
    const ports = await fresh();
    const first = await saved(ports);
    const second = await saved(ports, pipelineFile({ description: 'two' }));
    const view = await findPipeline(ports, { name: 'shop', caller: stranger });
    expect(view).toMatchObject({ name: 'shop', version: second, current: second, file: { description: 'two' } });
    expect(view).toMatchObject({ createdAt: fixedNow, createdBy: 'admin' });
    expect(view?.versions.map(({ version }) => version).toSorted()).toEqual([first, second].toSorted());
    expect(await findPipeline(ports, { name: 'shop', version: first, caller: owner })).toMatchObject({
      version: first,
      current: second,
      file: pipelineFile(),
    });
  });

  it.each([
    ['a version that never was', owner, { name: 'shop', version: 'ffffffffffff' }],
    ['a name that never was', owner, { name: 'other' }],
    ['a stranger', stranger, { name: 'shop' }],
  ])('shows nothing for %s', async (_name, caller, asked) => {
    const ports = await fresh();
    await saved(ports, pipelineFile({ readers: [] }));
    expect(await findPipeline(ports, { ...asked, caller })).toBeUndefined();
    expect(await findPipeline(ports, { name: 'shop', caller: owner })).toBeDefined();
  });

  it('shows nothing of a deleted one', async () => {
    const ports = await fresh();
    await saved(ports);
    const head = await ports.pipelines.head('shop');
    if (head) await ports.pipelines.saveHead({ ...head, deleted: true });
    expect(await findPipeline(ports, { name: 'shop', caller: admin })).toBeUndefined();
  });
});

it('lists what the caller may see, page by page', async () => {
  const ports = await fresh();
  for (const name of ['c', 'a', 'b']) await saved(ports, pipelineFile({ name }));
  await saved(ports, pipelineFile({ name: 'secret', readers: [] }));
  const namesFor = async (caller: typeof owner, cursor?: string, limit = 2) => {
    const page = await listPipelines(ports, { caller, cursor, limit });
    return { names: page.items.map(({ name }) => name), next: page.next };
  };
  expect(await namesFor(stranger)).toEqual({ names: ['a', 'b'], next: 'b' });
  expect(await namesFor(stranger, 'b')).toEqual({ names: ['c'], next: undefined });
  expect(await namesFor(owner, 'b')).toEqual({ names: ['c', 'secret'], next: undefined });
  expect((await namesFor(admin, undefined, 9)).names).toEqual(['a', 'b', 'c', 'secret']);
});
