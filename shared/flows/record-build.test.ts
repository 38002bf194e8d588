import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake, type Intake } from '../../test/fixtures/intake.ts';
import { imageArtifact } from '../domain/artifact-identity.ts';
import type { Digest } from '../domain/digest.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';

const factsOf = async (intake: Intake, digest: Digest) => {
  const { uuid } = imageArtifact({ repository, digest }, intake.ports.sha1);
  return intake.ports.artifacts.facts(uuid);
};

describe('a build', () => {
  const upstream = {
    up: { type: 'pipeline', pipeline: 'shop-pre', build: 'lastSuccessfulBuild', on: ['buildSuccess'] },
  };
  const build = (outcome: 'succeeded' | 'failed', digest: Digest, more: object = {}) => ({
    kind: 'build' as const,
    pipeline: 'shop-pre',
    build: '7',
    outcome,
    branch: 'main',
    revision: 'abc',
    at: fixedNow - 100,
    artifacts: [
      { stage: 's', job: 'j', step: 't', artifact: imageArtifact({ repository, digest }, () => new Uint8Array(20)) },
    ],
    ...more,
  });

  it('starts its downstream once, bound to its record', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', upstream);
    const digest = intake.registry.put(repository, {});
    await intake.happen('1', build('succeeded', digest));
    const again = await intake.happen('2', build('succeeded', digest));
    expect(await intake.reasons(again)).toEqual(['shop/up: alreadyExecuted']);
    expect(await intake.executions('shop')).toMatchObject([
      {
        trigger: { type: 'build', payload: { pipeline: 'shop-pre', build: '7' } },
        bound: [{ id: 'up', build: '7', artifact: { version: digest } }],
      },
    ]);
    expect(await factsOf(intake, digest)).toMatchObject(
      [
        { kind: 'built', build: '7' },
        { kind: 'built', build: '7' },
      ].slice(0, 1),
    );
  });

  it('is where its artifacts came from, unless they say it themselves', async () => {
    const intake = await createIntake(tables);
    const [digest, other] = [
      intake.registry.put(repository, {}),
      intake.registry.put(repository, { labels: { a: 'b' } }),
    ];
    const sha1 = () => new Uint8Array(20);
    const artifacts = [
      { stage: 's', job: 'j', step: 't', name: 'a', artifact: imageArtifact({ repository, digest }, sha1) },
      {
        stage: 's',
        job: 'j',
        step: 't',
        name: 'b',
        artifact: imageArtifact({ repository, digest: other, provenance: 'own' }, sha1),
      },
    ];
    await intake.happen('1', build('succeeded', digest, { artifacts, provenance: 'https://ci.example.com/7' }));
    const recorded = await intake.ports.artifacts.build('shop-pre', '7');
    expect(recorded?.artifacts.map(({ artifact }) => artifact.provenance)).toEqual(['https://ci.example.com/7', 'own']);
    const { uuid } = imageArtifact({ repository, digest }, intake.ports.sha1);
    expect(await intake.ports.artifacts.find(uuid)).toMatchObject({
      artifact: { provenance: 'https://ci.example.com/7' },
    });
  });

  it('that failed and was run again under its number starts its downstream when it succeeds', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', upstream);
    const digest = intake.registry.put(repository, {});
    const later = { at: fixedNow - 50 };
    expect(await intake.reasons(await intake.happen('1', build('failed', digest)))).toEqual([
      'shop/up: kindNotListened',
    ]);
    expect(await intake.reasons(await intake.happen('2', build('succeeded', digest, later)))).toEqual([
      'shop/up: matched',
    ]);
    const late = await intake.happen('3', build('failed', digest, { at: fixedNow - 20 }));
    expect(await intake.reasons(late)).toEqual(['shop/up: alreadyExecuted']);
    expect(await intake.executions('shop')).toHaveLength(1);
  });

  it.each([
    ['a failed one', 'failed', {}, {}, 'kindNotListened'],
    ['another number', 'succeeded', {}, { build: '8' }, 'kindNotListened'],
    ['another branch', 'succeeded', {}, { branches: { include: ['release/*'] } }, 'branchNotIncluded'],
    ['no branch', 'succeeded', { branch: undefined }, { branches: { include: ['main'] } }, 'branchUnknown'],
  ] as const)('%s starts nothing', async (_, outcome, more, rule, reason) => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', { up: { ...upstream.up, ...rule } });
    const digest = intake.registry.put(repository, {});
    expect(await intake.reasons(await intake.happen('1', build(outcome, digest, more)))).toEqual([
      `shop/up: ${reason}`,
    ]);
  });
});
