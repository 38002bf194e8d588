import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake } from '../../test/fixtures/intake.ts';
import type { Caller } from '../domain/caller.ts';
import type { Json } from '../domain/json.ts';
import { explain } from './explain.ts';
import { listVersions } from './list-versions.ts';
import type { ManualRun } from './manual-input.ts';
import { rebindExecution } from './rebind-execution.ts';
import { startChild } from './start-child.ts';
import { startManually } from './start-manually.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';
const other = `sha256:${'9'.repeat(64)}`;
const dev: Caller = { subject: 'dan', groups: ['dev'] };

async function withVersions(more: Record<string, Json> = {}, file: Record<string, Json> = {}) {
  const intake = await createIntake(tables);
  const image = { type: 'registry', repository, order: 'semver', tags: { exclude: ['*-rc*'] }, ...more };
  await intake.pipeline('shop', { image }, { parameters: { replicas: '2' }, ...file });
  const digests = new Map<string, string>();
  for (const [index, tag] of ['1.0.0', '1.2.0', '1.1.0', '2.0.0-rc1'].entries()) {
    const digest = intake.registry.put(repository, {
      tag,
      labels: { tag, 'dev.waybill.branch': tag === '1.2.0' ? 'wild' : 'main' },
    });
    digests.set(tag, digest);
    await intake.happen(tag, { kind: 'push', repository, digest, tag, at: fixedNow - 100 + index });
  }
  const run = (body: ManualRun = {}, idempotencyKey?: string, caller: Caller = admin) =>
    startManually(intake.ports, { caller, pipeline: 'shop', body, idempotencyKey });
  const bound = async () => (await intake.executions('shop'))[0]?.bound[0];
  return { intake, digests, run, bound };
}

describe('without select', () => {
  it.each([
    ['the best by order', {}, '1.2.0'],
    ['its default', { default: { tag: '1.0.0' } }, '1.0.0'],
    ['the last pushed', { order: 'pushed' }, '1.1.0'],
    ['the best of its branch', { branches: { include: ['main'] } }, '1.1.0'],
  ])('takes %s', async (_, more, tag) => {
    const { intake, run, bound, digests } = await withVersions(more);
    // The branch is in the manifest, which a run that was given the version has read.
    for (const select of ['1.0.0', '1.1.0', '1.2.0']) await run({ select: { image: { tag: select } } });
    intake.setTime(fixedNow + 1000);
    expect(await run()).toMatchObject({ kind: 'started' });
    expect(await bound()).toMatchObject({ tag, from: 'default', artifact: { version: digests.get(tag) } });
  });

  it('passes over what was deleted', async () => {
    const { intake, run, bound } = await withVersions();
    await intake.happen('d', { kind: 'delete', repository, tag: '1.2.0', at: fixedNow });
    await run();
    expect(await bound()).toMatchObject({ tag: '1.1.0' });
  });

  it('with nothing recorded is noVersion, and starts nothing', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', { image: { type: 'registry', repository } });
    const answer = await startManually(intake.ports, { caller: admin, pipeline: 'shop', body: {} });
    expect(answer).toMatchObject({ kind: 'invalid', code: 'noVersion', errors: [{ path: 'sources.image' }] });
    expect(await intake.executions('shop')).toEqual([]);
  });
});

describe('select', () => {
  it.each([
    ['a tag', { tag: '1.0.0' }, '1.0.0'],
    ['a digest', { digest: '1.1.0' }, '1.1.0'],
    ['both', { tag: '1.1.0', digest: '1.1.0' }, '1.1.0'],
  ])('by %s', async (_, { digest, ...rest }: { tag?: string; digest?: string }, tag) => {
    const { run, bound, digests } = await withVersions();
    const select = { image: { ...rest, digest: digest && digests.get(digest) } };
    expect(await run({ select })).toMatchObject({ kind: 'started' });
    expect(await bound()).toMatchObject({ tag, from: 'received', artifact: { version: digests.get(tag) } });
  });

  it.each([
    ['an excluded tag', { image: { tag: '2.0.0-rc1' } }, 'notAdmitted', 'select.image', /rc/],
    ['a tag that is not there', { image: { tag: '7' } }, 'manifestUnknown', 'select.image', /7/],
    ['an unknown digest', { image: { digest: other } }, 'notAdmitted', 'select.image', /not recorded/],
    ['an abbreviated digest', { image: { digest: 'sha256:12' } }, 'invalidInput', 'select.image.digest', /64/],
    ['a build of an image', { image: { build: '1' } }, 'notAdmitted', 'select.image', /tag or a digest/],
    ['nothing', { image: {} }, 'invalidInput', 'select.image', /tag, a digest or a build/],
    ['an unknown source', { constructor: { tag: '1' } }, 'invalidInput', 'select.constructor', /image/],
  ] as const)('%s', async (_, select, code, path, message) => {
    const { run } = await withVersions();
    expect(await run({ select: { ...select } })).toMatchObject({
      kind: 'invalid',
      code,
      errors: [{ path, message: expect.stringMatching(message) }],
    });
  });
});

describe('artifacts and parameters', () => {
  it('bind by repository, a tag alone resolved', async () => {
    const { run, bound, digests, intake } = await withVersions();
    await run({
      artifacts: [{ type: 'docker/image', reference: `${repository}:1.0.0` }],
      parameters: { replicas: '5' },
    });
    expect(await bound()).toMatchObject({
      artifact: { version: digests.get('1.0.0') },
      tag: '1.0.0',
      from: 'received',
    });
    expect(await intake.executions('shop')).toMatchObject([
      { parameters: { replicas: '5' }, trigger: { type: 'manual', user: 'admin', artifacts: [{ name: repository }] } },
    ]);
  });

  it.each([
    [{ artifacts: [{ type: 'docker/image', reference: `${repository}:2.0.0-rc1` }] }, 'notAdmitted', ['artifacts[0]']],
    [{ artifacts: [{ type: 'docker/image', reference: `${repository}@${other}` }] }, 'manifestUnknown', ['artifacts']],
    [{ artifacts: [{ reference: 'x' }] }, 'invalidInput', ['artifacts[0].type']],
    [{ parameters: { nope: '1', no: '2' } }, 'invalidInput', ['parameters.nope', 'parameters.no']],
  ])('%j', async (body, code, paths) => {
    const { run } = await withVersions();
    const answer = await run(body);
    expect(answer).toMatchObject({ kind: 'invalid', code });
    expect(answer.kind === 'invalid' && answer.errors.map(({ path }) => path)).toEqual(paths);
  });
});

describe('who and how often', () => {
  it('owners run, readers may not, others see nothing', async () => {
    const { run } = await withVersions({}, { owners: ['team'], readers: ['dev'] });
    expect(await run({}, undefined, { subject: 't', groups: ['team'] })).toMatchObject({ kind: 'started' });
    expect(await run({}, undefined, dev)).toEqual({ kind: 'forbidden' });
    expect(await run({}, undefined, { subject: 'x', groups: [] })).toEqual({ kind: 'notFound' });
  });

  it('the same key of the same caller is the same run', async () => {
    const { run, intake } = await withVersions();
    const [first, ...more] = await Promise.all(['k', 'k', 'k'].map((key) => run({}, key)));
    expect(more).toEqual([first, first]);
    expect(await run({}, 'l')).not.toEqual(first);
    expect(await run({}, 'k', { subject: 'eve', groups: ['waybill-admins'] })).not.toEqual(first);
    expect(await run()).not.toEqual(await run());
    expect(await intake.executions('shop')).toHaveLength(5);
  });
});

it('lists what a source admits, the best first, with the default and where it is', async () => {
  const { intake, digests } = await withVersions();
  const list = (cursor?: string) =>
    listVersions(intake.ports, { caller: admin, pipeline: 'shop', source: 'image', limit: 2, cursor });
  const first = await list();
  expect(first?.items).toMatchObject([
    { tag: '1.2.0', digest: digests.get('1.2.0'), default: true, deployedIn: [], facts: [{ kind: 'pushed' }] },
    { tag: '1.1.0', default: false },
  ]);
  const second = await list(first?.next);
  expect(second).toMatchObject({ items: [{ tag: '1.0.0', default: false }] });
  expect(second?.next).toBeUndefined();
  expect(
    await listVersions(intake.ports, { caller: admin, pipeline: 'shop', source: 'nope', limit: 2 }),
  ).toBeUndefined();
});

describe('explain', () => {
  it.each([
    ['1.3.0', { on: ['push'] }, 'matched'],
    ['1.1.0', { on: ['push'] }, 'notLatest'],
    ['1.2.0', { on: ['push'] }, 'alreadyExecuted'],
    ['2.0.0-rc1', { on: ['push'] }, 'tagExcluded'],
    ['1.3.0', { on: [] }, 'kindNotListened'],
    ['1.3.0', { on: ['scan'] }, 'matched'],
    [undefined, { on: ['push'] }, 'noTag'],
  ])('tag %s of %j: %s', async (tag, more, reason) => {
    const { intake } = await withVersions(more);
    const { calls } = intake.registry;
    const answer = await explain(intake.ports, { caller: dev, repository, tag });
    expect(answer.items).toMatchObject([{ pipeline: 'shop', source: 'image', reason, matched: reason === 'matched' }]);
    expect(intake.registry.calls).toBe(calls);
  });

  it('shows only what the caller reads', async () => {
    const { intake } = await withVersions({}, { owners: ['team'], readers: ['team'] });
    expect(await explain(intake.ports, { caller: dev, repository, tag: '1.0.0' })).toEqual({ items: [] });
  });
});

describe('a child', () => {
  it('is one per key, takes what the parent gives, and is the parent’s user’s', async () => {
    const { intake, run, digests } = await withVersions({ tags: { include: ['2*'] } }, { owners: ['team'] });
    await intake.pipeline('parent', {}, { owners: ['team', 'more'] });
    const parent = await startManually(intake.ports, { caller: admin, pipeline: 'parent', body: {} });
    const executionId = parent.kind === 'started' ? parent.executionId : '';
    const digest = digests.get('1.0.0');
    const start = {
      key: `${executionId}/a/main/b/1`,
      parent: { executionId, pipeline: 'parent', node: 'a/main/b' },
      pipeline: 'shop',
      parameters: {},
      artifacts: [
        {
          type: 'docker/image',
          name: repository,
          version: digest,
          reference: `${repository}@${digest}`,
          metadata: {},
          uuid: 'u',
        },
      ],
    };
    const first = await startChild(intake.ports, start);
    expect(await startChild(intake.ports, start)).toEqual(first);
    expect(await intake.executions('shop')).toMatchObject([
      {
        trigger: { type: 'pipeline', user: 'admin', parent: { executionId } },
        bound: [{ artifact: { version: digest } }],
      },
    ]);
    expect(await run({}, 'x')).toMatchObject({ kind: 'started' });
    expect(await startChild(intake.ports, { ...start, key: 'k', parameters: { nope: '1' } })).toMatchObject({
      code: 'invalidInput',
    });
    expect(await startChild(intake.ports, { ...start, key: 'k', pipeline: 'nope' })).toMatchObject({
      code: 'invalidInput',
    });
    await intake.pipeline('alien', {}, { owners: ['alien'] });
    expect(await startChild(intake.ports, { ...start, key: 'k', pipeline: 'alien' })).toMatchObject({
      code: 'ownerRequired',
    });
  });
});

it('a failed start is bound anew, with what the event brought then', async () => {
  const intake = await createIntake(tables);
  const base = 'registry.local/base';
  await intake.pipeline('shop', {
    image: { type: 'registry', repository, on: ['push'] },
    base: { type: 'registry', repository: base },
  });
  const digest = intake.registry.put(repository, { tag: '1', labels: { n: '1' } });
  await intake.happen('1', { kind: 'push', repository, digest, tag: '1' });
  const [failed] = await intake.executions('shop');
  if (failed === undefined) throw new Error('nothing started');
  expect(await rebindExecution(intake.ports, failed)).toMatchObject({
    id: failed.id,
    error: { code: 'noVersion' },
    bound: [],
  });
  const newest = intake.registry.put(base, { tag: '9', labels: { n: '9' } });
  await intake.happen('2', { kind: 'push', repository: base, digest: newest, tag: '9' });
  await intake.happen('3', {
    kind: 'push',
    repository,
    digest: intake.registry.put(repository, { tag: '2' }),
    tag: '2',
  });
  const rebound = await rebindExecution(intake.ports, failed);
  expect(rebound).toMatchObject({
    id: failed.id,
    order: failed.order,
    bound: [
      { id: 'image', from: 'received', artifact: { version: digest } },
      { id: 'base', from: 'default', artifact: { version: newest } },
    ],
  });
  expect(rebound.error).toBeUndefined();
});
