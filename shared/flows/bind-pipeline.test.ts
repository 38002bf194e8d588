import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake, type Intake } from '../../test/fixtures/intake.ts';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { Execution } from '../domain/execution.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Demanded } from '../domain/taking-part.ts';
import { bindPipeline } from './bind-pipeline.ts';
import type { ManualRun } from './manual-input.ts';
import { rebindExecution } from './rebind-execution.ts';
import { retryExecution } from './retry-execution.ts';
import { startManually } from './start-manually.ts';

const tables = useEmbeddedTables();
const shop = 'registry.local/team/shop';

const file = (name: string, version?: string): JsonObject => ({
  type: 's3/object',
  name: `s3://cfg/${name}`,
  ...(version === undefined ? {} : { version }),
  reference: `s3://cfg/${name}`,
});

const matching = (name: string): JsonObject => ({ type: 's3/object', name: `s3://cfg/${name}` });

async function withExpectations(...expectedArtifacts: readonly JsonObject[]) {
  const intake = await createIntake(tables);
  await intake.pipeline('shop', {}, { expectedArtifacts: [...expectedArtifacts] });
  const bind = (artifacts: readonly JsonObject[], demanded: Demanded = []) => bindFor(intake, artifacts, demanded);
  const run = (artifacts: readonly JsonObject[] = [], more: Record<string, Json> = {}) =>
    startManually(intake.ports, { caller: admin, pipeline: 'shop', body: { artifacts, ...more } });
  return { intake, bind, run };
}

async function bindFor(intake: Intake, artifacts: readonly JsonObject[], demanded: Demanded) {
  const head = await intake.ports.pipelines.head('shop');
  const version = await intake.ports.pipelines.version('shop', head?.version ?? '');
  if (version === undefined) throw new Error('no such pipeline');
  return bindPipeline(intake.ports, {
    pipeline: 'shop',
    definition: version.definition,
    artifacts: artifacts.map((one) => read(intake, one)),
    expectedArtifactIds: demanded,
  });
}

function read(intake: Intake, input: JsonObject) {
  const normal = normaliseArtifact(input, intake.ports.sha1);
  if (normal.kind === 'invalid') throw new Error(JSON.stringify(normal));
  return normal.artifact;
}

function outcome(binding: Awaited<ReturnType<typeof bindFor>>): string {
  if (binding.kind === 'failed') return `${binding.at} ${binding.code} ${binding.source}`;
  return binding.bound.map(({ id, artifact, from }) => `${id}=${from} ${artifact.name.slice(9)}`).join();
}

/** Section 4 of the reference: which expectations take part in a start. */
describe('a trigger', () => {
  const a = { id: 'a', matchArtifact: matching('a') };
  const withDefault = {
    id: 'd',
    matchArtifact: matching('d'),
    useDefaultArtifact: true,
    defaultArtifact: file('fallback'),
  };
  const withPrior = { id: 'p', matchArtifact: matching('p'), usePriorArtifact: true };

  it.each<[string, JsonObject[], JsonObject[], Demanded, string]>([
    ['demands what it names', [a], [file('a')], ['a'], 'a=received a'],
    ['and fails without it', [a], [file('b')], ['a'], 'expectations unmatched-expected-artifact a'],
    ['leaves alone what it does not name, match or not', [a], [file('a')], [], ''],
    ['names unknown ids for nothing', [a], [file('a')], ['zzz'], ''],
    ['has defaults beside it', [a, withDefault], [], [], 'd=default fallback'],
    ['which take what was received first', [withDefault], [file('d')], [], 'd=received d'],
    [
      'can fail by what may be prior, though it does not name it',
      [withPrior],
      [],
      [],
      'expectations unmatched-expected-artifact p',
    ],
    ['counts equal artifacts once', [a], [file('a'), file('a')], ['a'], 'a=received a'],
    ['fails on two', [a], [file('a', '1'), file('a', '2')], ['a'], 'expectations multiple-matches a'],
    ['binds all or none', [a, withDefault], [file('b')], ['a'], 'expectations unmatched-expected-artifact a'],
    [
      'of no file demands what was matched',
      [a, withPrior],
      [file('a'), file('p')],
      'matching',
      'a=received a,p=received p',
    ],
    ['of no file leaves alone what was not', [a], [file('b')], 'matching', ''],
  ])('%s', async (_name, expectations, artifacts, demanded, expected) => {
    const { bind } = await withExpectations(...expectations);
    expect(outcome(await bind(artifacts, demanded))).toBe(expected);
  });

  it('takes an image that was copied to several Regions as one thing, and two images of one Region as two', async () => {
    const ami = (location: string, id: string) => ({ type: 'aws/image', name: 'base', reference: id, location });
    const { bind } = await withExpectations({ id: 'ami', matchArtifact: { type: 'aws/image', name: 'base' } });
    const bound = await bind([ami('eu-west-1', 'ami-1'), ami('us-east-1', 'ami-2')], ['ami']);
    expect(bound).toMatchObject({
      bound: [
        { id: 'ami', artifact: { reference: 'ami-1' }, elsewhere: [{ reference: 'ami-2', location: 'us-east-1' }] },
      ],
    });
    const two = await bind([ami('eu-west-1', 'ami-1'), ami('eu-west-1', 'ami-3')], ['ami']);
    expect(two).toMatchObject({ kind: 'failed', code: 'multiple-matches' });
  });

  it('fills in the account of the expectation, where the artifact has none', async () => {
    const { bind } = await withExpectations({ ...a, matchArtifact: { ...matching('.*'), artifactAccount: 'mine' } });
    const accounts = async (given: JsonObject) => {
      const binding = await bind([{ ...file('a'), ...given }], ['a']);
      return binding.kind === 'bound' ? binding.bound.map(({ artifact }) => artifact.artifactAccount) : binding.code;
    };
    expect([
      await accounts({}),
      await accounts({ artifactAccount: '' }),
      await accounts({ artifactAccount: 'own' }),
    ]).toEqual([['mine'], ['mine'], ['own']]);
  });
});

describe('an image', () => {
  const image = {
    id: 'image',
    displayName: 'Shop',
    matchArtifact: { type: 'docker/image', name: shop, version: 'v1.*' },
  };

  it('that came with a tag alone is matched by it, and bound by its digest, once', async () => {
    const { intake, bind } = await withExpectations(image, { ...image, id: 'again' });
    const digest = intake.registry.put(shop, { tag: 'v1.2' });
    const given = {
      type: 'docker/image',
      name: shop,
      version: 'v1.2',
      reference: `${shop}:v1.2`,
      artifactAccount: 'hub',
    };
    const binding = await bind([given], ['image', 'again']);
    const pinned = {
      version: digest,
      reference: `${shop}@${digest}`,
      artifactAccount: 'hub',
      metadata: { tags: ['v1.2'] },
    };
    expect(binding).toMatchObject({
      kind: 'bound',
      bound: [
        { id: 'image', displayName: 'Shop', tag: 'v1.2', artifact: pinned },
        { id: 'again', artifact: pinned },
      ],
      received: [pinned],
    });
  });

  it('that its registry does not have fails the start', async () => {
    const { bind } = await withExpectations(image);
    const given = { type: 'docker/image', name: shop, version: 'v1.2', reference: `${shop}:v1.2` };
    expect(await bind([given], ['image'])).toMatchObject({ kind: 'failed', code: 'manifestUnknown', source: 'image' });
  });
});

/** Section 6: any artifact of the newest run, in whatever status. */
describe('what is prior', () => {
  const prior = { id: 'p', matchArtifact: matching('p'), usePriorArtifact: true };
  const other = { id: 'o', matchArtifact: matching('o'), useDefaultArtifact: true, defaultArtifact: file('o') };

  it('is what the run before was given, and so on from run to run', async () => {
    const { intake, run } = await withExpectations(prior);
    expect(await run([file('p', '1')])).toMatchObject({ kind: 'started' });
    for (const _ of [1, 2]) {
      intake.setTime(intake.ports.clock.now() + 1000);
      expect(await run()).toMatchObject({ kind: 'started' });
    }
    const found = (await intake.executions('shop')).map(({ bound }) =>
      bound.map(({ from, artifact }) => [from, artifact.version]),
    );
    expect(found).toEqual([[['prior', '1']], [['prior', '1']], [['received', '1']]]);
  });

  it('may have been bound to another expectation, and may be what a step published', async () => {
    const { intake, run } = await withExpectations(other);
    await run();
    const [first] = await intake.executions('shop');
    const published = [{ artifact: read(intake, file('q', '7')) }];
    await save(intake, first, published);
    intake.setTime(fixedNow + 1000);
    const expectedArtifacts = [
      { id: 'p', matchArtifact: matching('o'), usePriorArtifact: true },
      { id: 'q', matchArtifact: matching('q'), usePriorArtifact: true },
    ];
    await intake.pipeline('shop', {}, { expectedArtifacts });
    await run();
    expect((await intake.executions('shop'))[0]?.bound).toMatchObject([
      { id: 'p', from: 'prior', artifact: { name: 's3://cfg/o' } },
      { id: 'q', from: 'prior', artifact: { version: '7' } },
    ]);
  });

  it('is the newest run only, a failed one too: it breaks the chain', async () => {
    const { intake, run } = await withExpectations(prior);
    await run([file('p', '1')]);
    intake.setTime(fixedNow + 1000);
    expect(await run([file('p', '2'), file('p', '3')])).toMatchObject({ kind: 'invalid', code: 'multiple-matches' });
    intake.setTime(fixedNow + 2000);
    const answer = await run();
    expect(answer).toMatchObject({ kind: 'invalid', code: 'multiple-matches' });
    expect((await intake.executions('shop')).map(({ status }) => status)).toEqual(['failed', 'failed', 'queued']);
  });

  it('is one where it was received, bound and published', async () => {
    const { intake, run } = await withExpectations({
      id: 'i',
      matchArtifact: { name: shop, version: 'v.*' },
      usePriorArtifact: true,
    });
    intake.registry.put(shop, { tag: 'v1' });
    await run([{ type: 'docker/image', name: shop, version: 'v1', reference: `${shop}:v1` }]);
    const [first] = await intake.executions('shop');
    await save(
      intake,
      first,
      (first?.bound ?? []).map(({ artifact }) => ({ artifact: { ...artifact, metadata: { tags: ['v1'], by: 'x' } } })),
    );
    intake.setTime(fixedNow + 1000);
    expect(await run()).toMatchObject({ kind: 'started' });
  });
});

async function save(
  intake: Intake,
  execution: Execution | undefined,
  artifacts: Execution['bound'] | readonly { artifact: Execution['bound'][number]['artifact'] }[],
) {
  const node = { name: 'checkpoint/main/x', attempt: 1, status: 'succeeded' as const, artifacts, rev: 0 };
  await intake.ports.executions.saveNode({ ...node, execution: execution?.id ?? '' });
}

describe('a failed start', () => {
  const a = { id: 'a', matchArtifact: matching('a'), usePriorArtifact: true };

  it('is a failed execution that says which candidates there were, and is answered with its code', async () => {
    const { intake, run } = await withExpectations(a);
    const answer = await run([file('b', '1')]);
    const [execution] = await intake.executions('shop');
    const message =
      'Expected artifact "a" (type "s3/object", name "s3://cfg/a") was not matched: received s3/object s3://cfg/b 1 (name differs: it is "s3://cfg/b"). The run before it has none either.';
    expect(execution).toMatchObject({
      status: 'failed',
      error: { code: 'unmatched-expected-artifact', message },
      bound: [],
    });
    expect(answer).toEqual({
      kind: 'invalid',
      code: 'unmatched-expected-artifact',
      errors: [{ path: 'artifacts', message: `${message} It is kept as the failed execution ${execution?.id}.` }],
    });
    expect(intake.started).toEqual([]);
  });

  it('answers the same under the same Idempotency-Key', async () => {
    const { intake } = await withExpectations(a);
    const again = () => startManually(intake.ports, { caller: admin, pipeline: 'shop', body: {}, idempotencyKey: 'k' });
    expect(await again()).toEqual(await again());
    expect(await intake.executions('shop')).toHaveLength(1);
  });

  it('is bound anew by a retry, and is not its own predecessor', async () => {
    const { intake, run } = await withExpectations(a);
    await run([file('a', '1')]);
    intake.setTime(fixedNow + 1000);
    await run([file('a', '2'), file('a', '3')]);
    const [failed] = await intake.executions('shop');
    if (failed === undefined) throw new Error('no execution');
    // What it was given is still too much.
    expect(await rebindExecution(intake.ports, failed)).toMatchObject({ error: { code: 'multiple-matches' } });
    const bare = { ...failed, trigger: { ...failed.trigger, artifacts: [] } };
    expect(await rebindExecution(intake.ports, bare)).toMatchObject({
      bound: [{ from: 'prior', artifact: { version: '1' } }],
    });
  });
});

describe('a retry of a start by hand that failed', () => {
  it('binds its sources to the versions that were selected then', async () => {
    const { intake } = await withExpectations();
    const source = { type: 'registry', repository: shop, order: 'semver' };
    const expectedArtifacts = [{ id: 'a', matchArtifact: matching('a'), usePriorArtifact: true }];
    await intake.pipeline('shop', { image: source }, { expectedArtifacts });
    for (const tag of ['1.0.0', '2.0.0']) {
      const digest = intake.registry.put(shop, { tag, labels: { tag } });
      await intake.happen(tag, { kind: 'push', repository: shop, digest, tag, at: fixedNow });
    }
    const run = (body: ManualRun) => startManually(intake.ports, { caller: admin, pipeline: 'shop', body });
    expect(await run({ select: { image: { tag: '1.0.0' } } })).toMatchObject({ code: 'unmatched-expected-artifact' });
    const [failed] = await intake.executions('shop');
    intake.setTime(fixedNow + 1000);
    expect(await run({ artifacts: [file('a')] })).toMatchObject({ kind: 'started' });
    await retryExecution(intake.ports, { id: failed?.id ?? '', by: 'ann' });
    const retried = await intake.ports.executions.find(failed?.id ?? '');
    expect(retried?.bound).toMatchObject([
      { id: 'image', tag: '1.0.0', from: 'received' },
      { id: 'a', from: 'prior' },
    ]);
  });

  it('keeps what was given as it was bound', async () => {
    const intake = await createIntake(tables);
    const image = { id: 'image', matchArtifact: { name: shop } };
    await intake.pipeline('shop', {}, { expectedArtifacts: [image] });
    const given = { type: 'docker/image', name: shop, version: 'v1', reference: `${shop}:v1` };
    const start = { caller: admin, pipeline: 'shop', body: { artifacts: [given] } };
    expect(await startManually(intake.ports, start)).toMatchObject({ code: 'manifestUnknown' });
    const [failed] = await intake.executions('shop');
    const digest = intake.registry.put(shop, { tag: 'v1' });
    await retryExecution(intake.ports, { id: failed?.id ?? '', by: 'ann' });
    const retried = await intake.ports.executions.find(failed?.id ?? '');
    expect(retried?.trigger.artifacts).toMatchObject([{ version: digest }]);
    expect(retried?.bound).toMatchObject([{ artifact: { version: digest } }]);
  });
});

describe('by hand', () => {
  const image = { id: 'image', matchArtifact: { type: 'docker/image', name: shop } };
  const config = { id: 'config', matchArtifact: matching('a') };

  it('binds an image by tag or digest, through its expectation', async () => {
    const { intake, run } = await withExpectations(image);
    const digest = intake.registry.put(shop, { tag: 'v1' });
    const digestText: string = digest;
    const selections: readonly JsonObject[] = [{ tag: 'v1' }, { digest: digestText }];
    for (const select of selections) {
      intake.setTime(intake.ports.clock.now() + 1000);
      expect(await run([], { select: { image: select } })).toMatchObject({ kind: 'started' });
      expect((await intake.executions('shop'))[0]?.bound).toMatchObject([
        { id: 'image', from: 'received', artifact: { version: digest } },
      ]);
    }
  });

  it('puts what is recorded in the place of a name and version', async () => {
    const { intake, run } = await withExpectations(config);
    const artifact = { ...read(intake, file('a', '1')), metadata: { etag: 'x' } };
    await intake.ports.artifacts.record({ artifact, firstSeenAt: fixedNow, rev: 0 });
    const fact = {
      kind: 'pushed' as const,
      id: 'f',
      at: fixedNow,
      recordedAt: fixedNow,
      receiver: 's3',
      trusted: true,
    };
    await intake.ports.artifacts.addFact(artifact.uuid, { ...fact, tag: '1' });
    const { reference: _, ...stub } = file('a', '1');
    const bound = async () => (await intake.executions('shop'))[0]?.bound.map((one) => one.artifact.metadata);
    await run([stub]);
    expect(await bound()).toEqual([{ etag: 'x' }]);
    intake.setTime(fixedNow + 1000);
    await run([], { select: { config: { version: '1' } } });
    expect(await bound()).toEqual([{ etag: 'x' }]);
    // Written out, or unknown, it stays what was given.
    for (const given of [file('a', '1'), { ...stub, version: '2' }]) {
      intake.setTime(intake.ports.clock.now() + 1000);
      await run([given]);
      expect(await bound()).toEqual([{}]);
    }
  });

  it.each<[string, JsonObject, JsonObject, RegExp]>([
    [
      'a version that is not recorded',
      config,
      { config: { version: '9' } },
      /version "9" of s3\/object s3:\/\/cfg\/a is not recorded/,
    ],
    ['a build', config, { config: { build: '9' } }, /no source of type pipeline/],
    ['a pattern', { id: 'x', matchArtifact: { name: 'a.*' } }, { x: { tag: '9' } }, /a pattern, not one name/],
    [
      'what it does not fit',
      { id: 'x', matchArtifact: { name: shop, version: '1' } },
      { x: { tag: '2' } },
      /matchArtifact\.version/,
    ],
  ])('refuses to select %s', async (_name, expectation, select, message) => {
    const { intake, run } = await withExpectations(expectation);
    expect(await run([], { select })).toMatchObject({
      kind: 'invalid',
      code: 'notAdmitted',
      errors: [{ path: `select.${Object.keys(select)[0]}`, message: expect.stringMatching(message) }],
    });
    expect(await intake.executions('shop')).toEqual([]);
  });

  it('may demand expectations by their ids', async () => {
    const { run } = await withExpectations(config);
    expect(await run([], { expectedArtifactIds: ['config', 'zzz'] })).toMatchObject({
      code: 'unmatched-expected-artifact',
    });
    expect(await run([file('a')], { expectedArtifactIds: [] })).toMatchObject({ kind: 'started' });
  });
});
