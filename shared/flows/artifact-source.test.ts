import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake, type Intake } from '../../test/fixtures/intake.ts';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { Caller } from '../domain/caller.ts';
import type { PushEvent } from '../domain/delivery.ts';
import { pushEvents } from '../domain/image-push.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { findArtifacts } from './find-artifacts.ts';
import { listVersions } from './list-versions.ts';
import { processDelivery } from './process-delivery.ts';
import { recordArtifact } from './record-artifact.ts';
import { type ManualAnswer, startManually } from './start-manually.ts';

const tables = useEmbeddedTables();
const name = 'pkg/shop';
const stranger: Caller = { subject: 'eve', groups: ['others'] };
const owner: Caller = { subject: 'ann', groups: ['team'] };

function source(more: JsonObject = {}): Json {
  return { config: { type: 'artifact', artifactType: 'custom/object', name, ...more } };
}

function file(version: string | undefined, more: JsonObject = {}): JsonObject {
  return {
    type: 'custom/object',
    name,
    reference: `store://${name}/${version}`,
    ...(version === undefined ? {} : { version }),
    ...more,
  };
}

function pushed(intake: Intake, input: JsonObject, at = fixedNow): PushEvent {
  const normal = normaliseArtifact(input, intake.ports.sha1);
  if (normal.kind !== 'ok') throw new Error(JSON.stringify(normal));
  const [event] = pushEvents(normal.artifact, { at });
  if (event === undefined) throw new Error('no event');
  return event;
}

/** Posts by route and lets the delivery be processed; answers its id. */
async function post(intake: Intake, caller: Caller, input: JsonObject): Promise<string> {
  const answer = await recordArtifact(intake.ports, { caller, input });
  expect(['recorded', 'known']).toContain(answer.kind);
  const id = intake.sent.at(-1) ?? '';
  await processDelivery(intake.ports, id);
  return id;
}

async function boundBy(intake: Intake, pipeline: string, body: Parameters<typeof startManually>[1]['body'] = {}) {
  const answer: ManualAnswer = await startManually(intake.ports, { caller: admin, pipeline, body });
  if (answer.kind === 'invalid') return `${answer.code} ${answer.errors[0]?.message}`;
  if (answer.kind !== 'started') return answer.kind;
  const execution = await intake.ports.executions.find(answer.executionId);
  return execution?.bound.map(({ id, artifact, from }) => `${id} ${from} ${artifact.reference}`).join();
}

async function versions(intake: Intake, pipeline: string, limit = 50, cursor?: string) {
  const page = await listVersions(intake.ports, { caller: admin, pipeline, source: 'config', limit, cursor });
  return { items: page?.items.map((one) => `${one.tag}${one.default ? '*' : ''}`), next: page?.next };
}

describe('an event', () => {
  it('starts the pipelines that name the file, once for a version', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', source());
    await intake.pipeline('bystander', source({ on: [] }));
    await intake.pipeline('other-name', source({ name: 'pkg/web' }));
    await intake.pipeline('other-type', source({ artifactType: 's3/object' }));
    const id = await intake.happen('one', pushed(intake, file('1.0')));
    expect(await intake.reasons(id)).toEqual(['bystander/config: kindNotListened', 'shop/config: matched']);
    const [execution] = await intake.executions('shop');
    expect(execution).toMatchObject({
      trigger: { type: 'artifact', tag: '1.0', artifacts: [{ name, version: '1.0' }] },
      bound: [{ id: 'config', from: 'received', tag: '1.0', artifact: { reference: `store://${name}/1.0` } }],
    });
    expect(execution?.trigger.repository).toBeUndefined();
    const again = await intake.happen('two', pushed(intake, file('1.0')));
    expect(await intake.reasons(again)).toEqual(['bystander/config: kindNotListened', 'shop/config: alreadyExecuted']);
    await intake.happen('three', pushed(intake, file('1.1')));
    expect(await intake.executions('shop')).toHaveLength(2);
  });

  it.each<[JsonObject, string | undefined, string]>([
    [{ versions: { include: ['1.*'] } }, '1.0', 'matched'],
    [{ versions: { include: ['1.*'] } }, '2.0', 'tagNotIncluded'],
    [{ versions: { include: ['*'], exclude: ['*-rc*'] } }, '1.0-rc1', 'tagExcluded'],
    [{ versions: { include: ['semver:>=1.2'] } }, '1.10.0', 'matched'],
    [{}, undefined, 'noVersion'],
    [{ order: 'semver' }, 'nightly', 'notLatest'],
  ])('%j takes version %s: %s', async (more, version, reason) => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', source(more));
    const id = await intake.happen('one', pushed(intake, file(version)));
    expect(await intake.reasons(id)).toEqual([`shop/config: ${reason}`]);
    const [match] = await intake.ports.deliveries.matches(id);
    if (reason !== 'matched') expect(match?.message).toMatch(/[Vv]ersion/);
  });

  it('that is not the latest by the order starts nothing', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', source({ order: 'semver' }));
    const reasons: string[] = [];
    for (const version of ['1.9.0', '1.10.0', '1.2.0', '1.10.0', '2.0.0']) {
      const id = await intake.happen(`${version} ${reasons.length}`, pushed(intake, file(version)));
      reasons.push((await intake.reasons(id)).join());
    }
    expect(reasons).toEqual([
      'shop/config: matched',
      'shop/config: matched',
      'shop/config: notLatest',
      'shop/config: alreadyExecuted',
      'shop/config: matched',
    ]);
  });
});

describe('a run by hand', () => {
  it('takes the latest by the order, the default, or the version selected', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('pushed', source({ on: [] }));
    await intake.pipeline('semver', source({ on: [], order: 'semver', versions: { exclude: ['3.*'] } }));
    await intake.pipeline('default', source({ on: [], default: { version: '1.9.0' } }));
    expect(await boundBy(intake, 'pushed')).toMatch(/^noVersion No version of pkg\/shop/);
    for (const [index, version] of ['1.9.0', '1.10.0', '3.0.0', '1.2.0'].entries()) {
      await intake.happen(version, pushed(intake, file(version), fixedNow - 10_000 + index));
    }
    expect(await boundBy(intake, 'pushed')).toBe(`config default store://${name}/1.2.0`);
    expect(await boundBy(intake, 'semver')).toBe(`config default store://${name}/1.10.0`);
    expect(await boundBy(intake, 'default')).toBe(`config default store://${name}/1.9.0`);
    expect(await boundBy(intake, 'pushed', { select: { config: { tag: '3.0.0' } } })).toBe(
      `config received store://${name}/3.0.0`,
    );
    expect(await boundBy(intake, 'semver', { select: { config: { tag: '3.0.0' } } })).toMatch(
      /^notAdmitted Version "3/,
    );
    expect(await boundBy(intake, 'pushed', { select: { config: { tag: '9' } } })).toMatch(
      /^notAdmitted .*not recorded/,
    );
    expect(await boundBy(intake, 'pushed', { select: { config: { version: '1.10.0' } } })).toBe(
      `config received store://${name}/1.10.0`,
    );
    expect(await boundBy(intake, 'pushed', { select: { config: { build: '9' } } })).toMatch(/^notAdmitted .*a version/);

    expect(await versions(intake, 'pushed')).toEqual({
      items: ['1.2.0*', '3.0.0', '1.10.0', '1.9.0'],
      next: undefined,
    });
    expect(await versions(intake, 'semver')).toEqual({ items: ['1.10.0*', '1.9.0', '1.2.0'], next: undefined });
    expect(await versions(intake, 'default')).toEqual({
      items: ['1.2.0', '3.0.0', '1.10.0', '1.9.0*'],
      next: undefined,
    });
    expect(await versions(intake, 'semver', 2)).toEqual({ items: ['1.10.0*', '1.9.0'], next: '1.9.0' });
    expect(await versions(intake, 'semver', 2, '1.9.0')).toEqual({ items: ['1.2.0'], next: undefined });
  });

  it('is found among the artifacts by its version', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', source({ on: [] }));
    for (const version of ['1.0', '1.1']) await intake.happen(version, pushed(intake, file(version)));
    const found = await findArtifacts(intake.ports, { caller: admin, name, tag: '1.1', limit: 10 });
    expect(found).toMatchObject({ kind: 'found', items: [{ artifact: { version: '1.1', metadata: {} } }] });
    expect(found.kind === 'found' && found.items[0]?.artifact.metadata).toEqual({});
  });

  it('takes an artifact that is given', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', source({ on: [] }));
    expect(await boundBy(intake, 'shop', { artifacts: [file('7')] })).toBe(`config received store://${name}/7`);
  });
});

describe('what is posted', () => {
  it('counts for the pipelines that the poster’s groups own, and for no others', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', source(), { owners: ['team'] });
    const strange = await post(intake, stranger, file('2.0', { reference: 'store://evil' }));
    expect(await intake.reasons(strange)).toEqual(['shop/config: notAllowed']);
    expect(await boundBy(intake, 'shop')).toMatch(/^noVersion/);
    expect(await versions(intake, 'shop')).toEqual({ items: [], next: undefined });
    expect(await boundBy(intake, 'shop', { select: { config: { tag: '2.0' } } })).toMatch(/^notAdmitted/);

    const own = await post(intake, owner, file('2.0', { reference: 'store://good' }));
    expect(await intake.reasons(own)).toEqual(['shop/config: matched']);
    const [execution] = await intake.executions('shop');
    expect(execution?.bound).toMatchObject([{ artifact: { reference: 'store://good' } }]);
    expect(await boundBy(intake, 'shop')).toBe('config default store://good');
    await post(intake, stranger, file('2.0', { reference: 'store://evil' }));
    expect(await boundBy(intake, 'shop')).toBe('config default store://good');
    expect(await versions(intake, 'shop')).toEqual({ items: ['2.0*'], next: undefined });
  });
});
