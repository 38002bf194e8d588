import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPipelineFile } from '../../shared/contracts/pipeline-file.ts';
import { decideOnApproval } from '../../shared/flows/decide-on-approval.ts';
import { listVersions } from '../../shared/flows/list-versions.ts';
import type { ManualRun } from '../../shared/flows/manual-input.ts';
import { putPipeline } from '../../shared/flows/put-pipeline.ts';
import { type ManualAnswer, startManually } from '../../shared/flows/start-manually.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { ociImage, ociIndex, pushImage } from '../fixtures/oci-image.ts';
import { createWorld, type World } from '../fixtures/world.ts';

const tables = useEmbeddedTables();
const manager = { subject: 'rita', groups: ['release-managers'] };
const examples = join(import.meta.dirname, '..', '..', 'examples');
/** Pre-release has no such machine, so the image is refused there. */
const elsewhere = { os: 'linux', architecture: 's390x' };

let world: World;
beforeEach(async () => {
  world = await createWorld(tables);
  await example('shop-pre');
});
afterEach(() => world.close());

/** Puts a file of `examples/` as it stands there. */
async function example(name: string): Promise<void> {
  const put = await putPipeline(
    { ...world.ports, readPipelineFile },
    {
      name,
      body: await readFile(join(examples, `${name}.yaml`)),
      mediaType: 'application/yaml',
      caller: world.admin,
      engine: { stepKinds: ['directory', 'pipeline', 'webhook', 'tag'], embedded: true },
    },
  );
  expect(put).toMatchObject({ kind: 'saved' });
}

function page(text: string) {
  return ociImage({ 'index.html': text, 'data/some.bin': `${text} bytes` });
}

/** Each push a minute after the one before. */
function push(tag: string, image = page(tag)) {
  world.pass(60_000);
  return world.push('team/shop', tag, image);
}

/** What lies in an environment, file by file. */
async function bytesIn(place: 'pre' | 'prod'): Promise<readonly string[]> {
  const read = (file: string) => readFile(join(world.site, 'shop', place, 'current', file), 'utf8').catch(() => 'none');
  return Promise.all(['index.html', 'data/some.bin'].map(read));
}

function bytesOf(text: string): readonly string[] {
  return [text, `${text} bytes`];
}

async function start(pipeline: string, body: ManualRun = {}): Promise<ManualAnswer> {
  world.pass(1_000);
  const started = await startManually(world.ports, { caller: world.admin, pipeline, body });
  await world.settle();
  return started;
}

/** Runs it, approves what it asks for, and says how it ended and what for. */
async function release(pipeline: string, body?: ManualRun) {
  const started = await start(pipeline, body);
  if (started.kind !== 'started') return started;
  const { items } = await world.ports.executions.approvals({ status: 'pending', limit: 10 });
  const approval = items.find(({ executionId }) => executionId === started.executionId);
  if (approval !== undefined) {
    const digests = approval.artifacts.map(({ digest }) => digest);
    const decided = { caller: manager, id: approval.id, decision: 'approve', digests } as const;
    expect((await decideOnApproval(world.ports, decided)).kind).toBe('decided');
    await world.settle();
  }
  const view = await world.view(started.executionId);
  const stage = view?.nodes.find(({ name }) => name === 'prod');
  const step = view?.nodes.find(({ name }) => name === 'prod/main/deploy');
  return {
    status: view?.execution.status,
    code: stage?.error?.code,
    wanted: step?.wanted,
    observed: step?.observed,
    asked: approval?.artifacts.map(({ digest }) => digest),
  };
}

function released(digest: string) {
  return { status: 'succeeded', code: undefined, wanted: digest, observed: digest, asked: [digest] };
}

describe('production takes the last successful pre-release build', () => {
  beforeEach(() => example('shop-prod-from-build'));

  it('bit for bit, and a build that failed later changes nothing', async () => {
    const first = await push('shop-V1');
    expect(await release('shop-prod-from-build')).toEqual(released(first));
    expect(await bytesIn('prod')).toEqual(bytesOf('shop-V1'));

    await push('shop-V2', ociIndex([ociImage({ 'index.html': 'shop-V2' }, { platform: elsewhere })]));
    const [, second = ''] = await world.executions('shop-pre');
    expect((await world.view(second))?.execution.status).toBe('failed');
    expect(await bytesIn('pre')).toEqual(bytesOf('shop-V1'));
    expect(await release('shop-prod-from-build')).toEqual(released(first));

    const third = await push('shop-V3');
    expect(await release('shop-prod-from-build')).toEqual(released(third));
    expect(await bytesIn('prod')).toEqual(await bytesIn('pre'));
  });

  it('by the digest that was built, whatever the tag points at since', async () => {
    const built = await push('shop-V1');
    // Its event is looked at after the run has started.
    world.pass(60_000);
    await pushImage(page('moved'), { baseUrl: world.registry.baseUrl, repository: 'team/shop', tag: 'shop-V1' });
    expect(await release('shop-prod-from-build')).toEqual(released(built));
    expect(await bytesIn('prod')).toEqual(bytesOf('shop-V1'));
    expect(await bytesIn('pre')).toEqual(bytesOf('moved'));
  });

  it('or another build that is selected; none before there is one', async () => {
    expect(await start('shop-prod-from-build')).toMatchObject({ kind: 'invalid', code: 'noVersion' });
    const first = await push('shop-V1');
    const second = await push('shop-V2');
    expect(await release('shop-prod-from-build', { select: { pre: { build: '1' } } })).toEqual(released(first));
    expect(await release('shop-prod-from-build')).toEqual(released(second));
    expect(await start('shop-prod-from-build', { select: { pre: { build: '7' } } })).toMatchObject({
      kind: 'invalid',
      code: 'notAdmitted',
    });
  });
});

describe('production takes a version that somebody chose', () => {
  beforeEach(() => example('shop-prod-from-tag'));
  const choose = (tag: string) => release('shop-prod-from-tag', { select: { image: { tag } } });

  it('if pre-release had it, and not the latest', async () => {
    const first = await push('shop-V1');
    await push('shop-V2');
    expect(await choose('shop-V1')).toEqual(released(first));
    expect(await bytesIn('prod')).toEqual(bytesOf('shop-V1'));
    expect(await bytesIn('pre')).toEqual(bytesOf('shop-V2'));
  });

  it('and not if pre-release never had it', async () => {
    const first = await push('shop-V1');
    await choose('shop-V1');
    await push('shop-V2', ociIndex([ociImage({ 'index.html': 'shop-V2' }, { platform: elsewhere })]));
    expect(await choose('shop-V2')).toEqual({ status: 'failed', code: 'notVerified' });
    expect(await bytesIn('prod')).toEqual(bytesOf('shop-V1'));
    const heads = await world.ports.environments.heads('shop-production');
    expect(heads.map(({ digest }) => digest)).toEqual([first]);
  });

  it('nor the digest under its tag of today, once the tag has moved on from what pre-release had', async () => {
    const first = await push('shop-V1');
    const moved = await push('shop-V1', ociIndex([ociImage({ 'index.html': 'moved' }, { platform: elsewhere })]));
    expect(moved).not.toBe(first);
    expect(await choose('shop-V1')).toEqual({ status: 'failed', code: 'notVerified' });
    expect(await release('shop-prod-from-tag', { select: { image: { digest: first } } })).toEqual(released(first));
  });

  it.each([
    ['a tag that the filter leaves out', { tag: 'shop-V1-rc1' }, /"\*-rc\*"/],
    ['a tag that it does not take in', { tag: 'latest' }, /matches none of "shop-V\*"/],
    ['a build, which it has none of', { build: '1' }, /select a tag or a digest/],
  ])('and not %s', async (_name, selected, reason) => {
    await push('shop-V1-rc1');
    await push('latest');
    const answer = await start('shop-prod-from-tag', { select: { image: selected } });
    expect(answer).toMatchObject({ kind: 'invalid', code: 'notAdmitted', errors: [{ path: 'select.image' }] });
    expect(answer.kind === 'invalid' ? answer.errors[0]?.message : '').toMatch(reason);
    expect(await world.executions('shop-prod-from-tag')).toEqual([]);
  });

  it('of those that it is shown', async () => {
    for (const tag of ['shop-V1', 'shop-V10', 'shop-V9', 'shop-V10-rc1']) await push(tag);
    const asked = { caller: world.admin, pipeline: 'shop-prod-from-tag', source: 'image', limit: 10 };
    const page = await listVersions(world.ports, asked);
    expect(page?.items.map(({ tag, default: isDefault }) => [tag, isDefault])).toEqual([
      ['shop-V10', true],
      ['shop-V9', false],
      ['shop-V1', false],
    ]);
  });
});
