import { describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake, type Intake } from '../../test/fixtures/intake.ts';
import type { Caller } from '../domain/caller.ts';
import type { JsonObject } from '../domain/json.ts';
import { findArtifacts, getArtifact } from './find-artifacts.ts';
import { processDelivery } from './process-delivery.ts';
import { recordArtifact } from './record-artifact.ts';
import { recordFact } from './record-fact.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';
const dev: Caller = { subject: 'dan', groups: ['dev'] };
const team: Caller = { subject: 'tim', groups: ['team'] };

async function withShop(file: JsonObject = { owners: ['team'] }) {
  const intake = await createIntake(tables);
  await intake.pipeline('shop', { image: { type: 'registry', repository, on: ['push', 'scan'] } }, { ...file });
  const digest = intake.registry.put(repository, { tag: '1.0' });
  return { intake, digest };
}

async function processAll(intake: Intake) {
  for (const id of intake.sent) await processDelivery(intake.ports, id);
}

const image = { type: 'docker/image', reference: `${repository}:1.0` };

describe('POST of an artifact', () => {
  it('by tag is resolved, recorded, and seen by rules; again it is known', async () => {
    const { intake, digest } = await withShop();
    const first = await recordArtifact(intake.ports, { caller: team, input: image });
    expect(first).toMatchObject({ kind: 'recorded', artifact: { version: digest, name: repository } });
    await processAll(intake);
    expect(await intake.executions('shop')).toMatchObject([
      { trigger: { type: 'push', receiver: 'api', user: 'tim' } },
    ]);
    expect(await recordArtifact(intake.ports, { caller: team, input: image })).toMatchObject({ kind: 'known' });
    await processAll(intake);
    expect(await intake.executions('shop')).toHaveLength(1);
  });

  it('counts only for pipelines that the poster’s groups own', async () => {
    const { intake } = await withShop();
    expect(await recordArtifact(intake.ports, { caller: dev, input: image })).toMatchObject({ kind: 'recorded' });
    await processAll(intake);
    expect(await intake.reasons(intake.sent[0] ?? '')).toEqual(['shop/image: notAllowed']);
    expect(await intake.executions('shop')).toEqual([]);
  });

  it.each([
    ['a tag that is not there', { ...image, reference: `${repository}:7` }, 'manifestUnknown'],
    [
      'a digest that is not there',
      { ...image, reference: `${repository}@sha256:${'9'.repeat(64)}` },
      'manifestUnknown',
    ],
    ['neither', { ...image, reference: repository }, 'digestRequired'],
    ['no artifact', {}, 'invalidInput'],
  ])('%s', async (_, input, code) => {
    const { intake } = await withShop();
    expect(await recordArtifact(intake.ports, { caller: admin, input })).toMatchObject({ kind: 'invalid', code });
    expect(await findArtifacts(intake.ports, { caller: admin, name: repository, limit: 10 })).toEqual({
      kind: 'found',
      items: [],
    });
  });

  it('of a repository that no pipeline of the caller receives asks nobody', async () => {
    const { intake } = await withShop({ owners: ['team'], readers: ['team'] });
    expect(await recordArtifact(intake.ports, { caller: dev, input: image })).toMatchObject({ kind: 'forbidden' });
    expect(intake.registry.calls).toBe(0);
  });
});

describe('finding', () => {
  it.each([
    ['name', { name: repository }, 1],
    ['digest', {}, 1],
    ['revision', { revision: 'abc' }, 1],
    ['name and tag', { name: repository, tag: '1.0' }, 1],
    ['name and another tag', { name: repository, tag: '2.0' }, 0],
    ['name and another type', { name: repository, type: 's3/object' }, 0],
  ])('by %s', async (by, query, count) => {
    const { intake } = await withShop();
    const digest = intake.registry.put(repository, {
      tag: '1.0',
      labels: { 'org.opencontainers.image.revision': 'abc' },
    });
    await intake.happen('1', { kind: 'push', repository, digest, tag: '1.0' });
    const asked = by === 'digest' ? { digest } : query;
    const found = await findArtifacts(intake.ports, { caller: dev, limit: 10, ...asked });
    expect(found).toMatchObject({
      kind: 'found',
      items: Array(count).fill({ artifact: { version: digest, metadata: { tags: ['1.0'] } } }),
    });
  });

  it('by nothing that can be looked up is too wide', async () => {
    const { intake } = await withShop();
    expect(await findArtifacts(intake.ports, { caller: dev, tag: '1', limit: 10 })).toEqual({ kind: 'tooWide' });
  });

  it('hides what no pipeline of the caller received', async () => {
    const { intake, digest } = await withShop({ owners: ['team'], readers: ['team'] });
    await intake.happen('1', { kind: 'push', repository, digest, tag: '1.0' });
    const seenBy = async (caller: Caller) => {
      const found = await findArtifacts(intake.ports, { caller, digest, limit: 10 });
      const uuid = found.kind === 'found' ? found.items[0]?.artifact.uuid : undefined;
      return [uuid !== undefined, (await getArtifact(intake.ports, { caller, uuid: uuid ?? '' })) !== undefined];
    };
    expect(await seenBy(team)).toEqual([true, true]);
    expect(await seenBy(dev)).toEqual([false, false]);
  });
});

describe('POST of a fact', () => {
  async function posted(body: JsonObject, caller: Caller = team) {
    const { intake, digest } = await withShop();
    await intake.happen('1', { kind: 'push', repository, digest, tag: '1.0' });
    const found = await findArtifacts(intake.ports, { caller: admin, digest, limit: 1 });
    const uuid = found.kind === 'found' ? (found.items[0]?.artifact.uuid ?? '') : '';
    const answer = await recordFact(intake.ports, { caller, uuid, body });
    await processAll(intake);
    const facts = (await intake.ports.artifacts.facts(uuid)).filter(({ kind }) => kind !== 'pushed');
    return { intake, answer, facts };
  }

  it.each([
    [{ kind: 'tested', name: 'unit', outcome: 'passed', coverage: 80 }],
    [{ kind: 'scanned', severities: { Critical: 0, high: { total: 2, fixable: 1 } } }],
    [{ kind: 'rejected', reason: 'bad' }],
  ])('%j is one fact, also after its delivery was processed', async (body) => {
    const { answer, facts } = await posted(body);
    expect(answer).toMatchObject({ kind: 'recorded', fact: { kind: body.kind } });
    expect(facts).toMatchObject([{ kind: body.kind, receiver: 'api', postedBy: { subject: 'tim', groups: ['team'] } }]);
  });

  it.each([
    ['an owner’s scan starts a run', team, 2],
    ['a reader’s does not', dev, 1],
  ])('%s', async (_, caller, runs) => {
    const { intake } = await posted({ kind: 'scanned', severities: {} }, caller);
    expect(await intake.executions('shop')).toHaveLength(runs);
  });

  it.each([
    [{}, ['kind']],
    [{ kind: 'built' }, ['kind']],
    [{ kind: 'tested', name: '', outcome: 'ok', coverage: 101 }, ['outcome', 'coverage', 'name']],
    [{ kind: 'tested', name: 'u', outcome: 'passed', report: {} }, ['report.format', 'report']],
    [{ kind: 'tested', name: 'u', outcome: 'passed', more: 1 }, ['more']],
    [{ kind: 'scanned' }, ['severities']],
    [
      { kind: 'scanned', severities: { high: -1, low: { total: 1, fixable: 2 }, x: '1' } },
      ['severities.high', 'severities.low', 'severities.x'],
    ],
    [{ kind: 'rejected' }, ['reason']],
  ] as const)('%j', async (body, paths) => {
    const { answer, facts } = await posted(body);
    expect(answer.kind === 'invalid' ? answer.errors.map(({ path }) => path) : answer).toEqual(paths);
    expect(facts).toEqual([]);
  });

  it('of an artifact that is not there', async () => {
    const { intake } = await withShop();
    expect(await recordFact(intake.ports, { caller: admin, uuid: 'x', body: {} })).toEqual({ kind: 'notFound' });
  });
});
