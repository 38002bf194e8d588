import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake, type Intake } from '../../test/fixtures/intake.ts';
import type { Artifact } from '../domain/artifact.ts';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { PushEvent, WebhookEvent } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { explain } from './explain.ts';
import { processDelivery } from './process-delivery.ts';
import { replayDelivery } from './replay-delivery.ts';
import { retryExecution } from './retry-execution.ts';

const tables = useEmbeddedTables();
const repository = 'registry.example.com/team/shop';

async function started(intake: Intake, pipeline: string) {
  return (await intake.executions(pipeline)).map(({ trigger, status, error, bound, parameters }) => ({
    type: trigger.type,
    status,
    ...(error === undefined ? {} : { error: error.code }),
    bound: bound.map(({ id, artifact, from }) => `${id} ${from} ${artifact.reference}`),
    parameters,
  }));
}

function webhook(payload: JsonObject, more: Partial<WebhookEvent> = {}): WebhookEvent {
  return { kind: 'webhook', type: 'git', source: 'forge', payload, artifacts: [], parameters: {}, ...more };
}

function push(tag: string, digest: Digest, more: Partial<PushEvent> = {}): PushEvent {
  return { kind: 'push', repository, tag, digest, at: fixedNow, ...more };
}

function trigger(more: Json = {}): JsonObject {
  return { type: 'git', source: 'forge', ...(more as JsonObject) };
}

function docker(more: Json = {}): JsonObject {
  return { type: 'docker', account: 'reg', repository: 'team/shop', ...(more as JsonObject) };
}

async function account(intake: Intake, name: string, host: string, readers?: readonly string[]) {
  await intake.ports.accounts.save({ name, type: 'registry', host, insecure: false, readers, updatedAt: 0, rev: 0 });
}

async function messages(intake: Intake, deliveryId: string): Promise<readonly string[]> {
  return (await intake.ports.deliveries.matches(deliveryId)).map(({ message }) => message);
}

describe('webhook triggers', () => {
  it('start the pipelines whose constraints hold, and say why the others do not', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('main-only', {}, { triggers: [trigger({ payloadConstraints: { ref: 'main$' } })] });
    await intake.pipeline('dev-only', {}, { triggers: [trigger({ payloadConstraints: { ref: 'dev$' } })] });
    await intake.pipeline('off', {}, { triggers: [trigger({ enabled: false })] });
    await intake.pipeline('shouting', {}, { triggers: [trigger({ type: 'GIT' })] });
    await intake.pipeline('elsewhere', {}, { triggers: [trigger({ source: 'Forge' })] });
    await intake.pipeline(
      'needy',
      {},
      {
        triggers: [trigger({ expectedArtifactIds: ['image'] })],
        expectedArtifacts: [
          {
            id: 'image',
            matchArtifact: { type: 'docker/image' },
            useDefaultArtifact: true,
            defaultArtifact: { type: 's3/object', reference: 's3://a/b' },
          },
        ],
      },
    );
    const id = await intake.happen('one', webhook({ ref: 'refs/heads/main' }));
    expect(await intake.reasons(id)).toEqual([
      'dev-only/triggers[0]: constraintNotMet',
      'main-only/triggers[0]: matched',
      'needy/triggers[0]: constraintNotMet',
      'off/triggers[0]: triggerDisabled',
      'shouting/triggers[0]: matched',
    ]);
    expect(await started(intake, 'main-only')).toEqual([
      { type: 'webhook', status: 'queued', bound: [], parameters: {} },
    ]);
    const [execution] = await intake.executions('main-only');
    expect(execution?.trigger).toMatchObject({ deliveryId: id, payload: { ref: 'refs/heads/main' }, artifacts: [] });
  });

  it('start one run of a pipeline, however many of its triggers fire and however often it is told', async () => {
    const intake = await createIntake(tables);
    const triggers = [trigger({ expectedArtifactIds: [] }), trigger({ payloadConstraints: { a: null } }), trigger()];
    await intake.pipeline('shop', {}, { triggers });
    const id = await intake.happen('one', webhook({ ref: 'x' }));
    expect(await intake.reasons(id)).toEqual([
      'shop/triggers[0]: matched',
      'shop/triggers[1]: constraintNotMet',
      'shop/triggers[2]: matched',
    ]);
    await intake.happen('one', webhook({ ref: 'x' }));
    await replayDelivery(intake.ports, { caller: admin, id });
    await processDelivery(intake.ports, id);
    expect(await intake.executions('shop')).toHaveLength(1);
    await intake.happen('two', webhook({ ref: 'x' }));
    expect(await intake.executions('shop')).toHaveLength(2);
  });

  it('start one run for a delivery with several events', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', {}, { triggers: [trigger()] });
    const id = await intake.happen('one', webhook({ n: 1 }), webhook({ n: 2 }));
    expect(await intake.reasons(id)).toEqual(['shop/triggers[0]: alreadyExecuted', 'shop/triggers[0]: matched']);
    expect(await intake.executions('shop')).toHaveLength(1);
  });

  it('take parameters that the pipeline has, and say which they did not', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', {}, { triggers: [trigger()], parameters: { replicas: '2', zone: 'eu' } });
    const parameters = { replicas: '5', colour: 'red', zone: 'x'.repeat(4097) };
    const id = await intake.happen('one', webhook({}, { parameters, unread: ['Parameter list was not read.'] }));
    expect(await started(intake, 'shop')).toMatchObject([{ parameters: { replicas: '5', zone: 'eu' } }]);
    expect(await messages(intake, id)).toEqual([
      expect.stringMatching(/Ignored, .*: colour, zone\. Parameter list was not read\.$/),
    ]);
  });

  it('bind what came: expectations of the trigger that fired, and sources that admit it', async () => {
    const intake = await createIntake(tables);
    const digest = intake.registry.put(repository, { tag: '1.4' });
    await intake.pipeline(
      'shop',
      { image: { type: 'registry', repository, tags: { include: ['1.*'] } } },
      {
        triggers: [
          trigger({ payloadConstraints: { kind: 'never' }, expectedArtifactIds: ['other'] }),
          trigger({ expectedArtifactIds: ['tagged'] }),
        ],
        expectedArtifacts: [
          { id: 'tagged', displayName: 'shop', matchArtifact: { type: 'docker/image', version: '1\\..*' } },
          { id: 'other', matchArtifact: { type: 's3/object' } },
        ],
      },
    );
    const artifacts = [artifact(intake, { type: 'docker/image', reference: `${repository}:1.4` })];
    const id = await intake.happen('one', webhook({}, { artifacts }));
    expect(await intake.reasons(id)).toEqual(['shop/triggers[0]: constraintNotMet', 'shop/triggers[1]: matched']);
    expect(await started(intake, 'shop')).toMatchObject([
      {
        type: 'webhook',
        bound: [`image received ${repository}@${digest}`, `tagged received ${repository}@${digest}`],
      },
    ]);
  });

  it('mean the image that a tag was when they came, for every pipeline', async () => {
    const intake = await createIntake(tables);
    const first = intake.registry.put(repository, { tag: '1.4' });
    const file = {
      triggers: [trigger({ expectedArtifactIds: ['image'] })],
      expectedArtifacts: [{ id: 'image', matchArtifact: { type: 'docker/image' } }],
    };
    await intake.pipeline('one', {}, file);
    const artifacts = [artifact(intake, { type: 'docker/image', reference: `${repository}:1.4` })];
    const id = await intake.happen('one', webhook({}, { artifacts }));
    intake.registry.put(repository, { tag: '1.4', labels: { moved: 'yes' } });
    await intake.pipeline('two', {}, file);
    await replayDelivery(intake.ports, { caller: admin, id });
    await processDelivery(intake.ports, id);
    for (const pipeline of ['one', 'two']) {
      expect(await started(intake, pipeline)).toMatchObject([{ bound: [`image received ${repository}@${first}`] }]);
    }
  });

  it('keep a start that fails as a failed run, which a retry binds anew', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', { image: { type: 'registry', repository } }, { triggers: [trigger()] });
    const id = await intake.happen('one', webhook({}));
    expect(await intake.reasons(id)).toEqual(['shop/triggers[0]: noVersion']);
    const [failed] = await intake.executions('shop');
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'noVersion' } });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    await intake.happen('push', push('1.0', digest));
    await retryExecution(intake.ports, { id: failed?.id ?? '', by: 'admin' });
    expect(await started(intake, 'shop')).toMatchObject([
      { type: 'webhook', status: 'queued', bound: [`image default ${repository}@${digest}`] },
    ]);
  });

  it('are heard by pipelines of the receiver’s readers only', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('ours', {}, { triggers: [trigger()], owners: ['team'] });
    await intake.pipeline('theirs', {}, { triggers: [trigger()], owners: ['others'] });
    const id = await intake.happen('one', webhook({}, { readers: ['team'] }));
    expect(await intake.reasons(id)).toEqual(['ours/triggers[0]: matched']);
  });

  it('do not tell a digest that another team’s account alone could get', async () => {
    const intake = await createIntake(tables, {
      registry: ({ registry }) => ({
        ...registry,
        async resolveTag(of, tag, asker) {
          const owner = asker?.pipelines.includes('ours');
          if (!owner) throw new Failure('registryDenied', 'Denied.');
          return { ...(await registry.resolveTag(of, tag)), account: 'reg' };
        },
      }),
    });
    await account(intake, 'reg', 'registry.example.com', ['team']);
    const digest = intake.registry.put(repository, { tag: '1.4' });
    await intake.pipeline('ours', {}, { triggers: [trigger()], owners: ['team'] });
    await intake.pipeline('theirs', {}, { triggers: [trigger()], owners: ['others'] });
    const artifacts = [artifact(intake, { type: 'docker/image', reference: `${repository}:1.4` })];
    await intake.happen('one', webhook({}, { artifacts }));
    const [ours] = await intake.executions('ours');
    const [theirs] = await intake.executions('theirs');
    expect(ours?.trigger.artifacts).toMatchObject([{ version: digest }]);
    expect(theirs?.trigger.artifacts).toMatchObject([{ reference: `${repository}:1.4` }]);
    expect(JSON.stringify(theirs)).not.toContain(digest);
  });

  it('end with the pipeline’s version that has them', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', {}, { triggers: [trigger()] });
    await intake.pipeline('shop', {});
    expect(await intake.reasons(await intake.happen('one', webhook({})))).toEqual([]);
  });

  it('do not lose the event for others when one cannot be started', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline(
      'a',
      {},
      { triggers: [trigger({ expectedArtifactIds: ['x'] })], expectedArtifacts: [{ id: 'x', matchArtifact: {} }] },
    );
    await intake.pipeline('b', {}, { triggers: [trigger()] });
    const artifacts = [
      artifact(intake, { type: 's3/object', reference: 's3://a/1' }),
      artifact(intake, { type: 's3/object', reference: 's3://a/2' }),
    ];
    const id = await intake.happen('one', webhook({}, { artifacts }));
    expect(await intake.reasons(id)).toEqual(['a/triggers[0]: noVersion', 'b/triggers[0]: matched']);
    expect(await started(intake, 'a')).toMatchObject([{ status: 'failed' }]);
  });
});

function artifact(intake: Intake, input: JsonObject): Artifact {
  const normal = normaliseArtifact(input, intake.ports.sha1);
  if (normal.kind !== 'ok') throw new Error(JSON.stringify(normal));
  return normal.artifact;
}

describe('docker triggers', () => {
  it('fire on their account’s registry, their path and tag', async () => {
    const intake = await createIntake(tables);
    await account(intake, 'reg', 'registry.example.com');
    await account(intake, 'other', 'other.example.com');
    await account(intake, 'withheld', 'registry.example.com', ['others']);
    const digest = intake.registry.put(repository, { tag: '1.4' });
    for (const [name, one] of Object.entries({
      any: docker(),
      numbered: docker({ tag: '[0-9.]+' }),
      latest: docker({ tag: 'latest' }),
      host: docker({ account: 'registry.example.com' }),
      off: docker({ enabled: false }),
      other: docker({ account: 'other' }),
      nobody: docker({ account: 'nobody' }),
      withheld: docker({ account: 'withheld' }),
      path: docker({ repository: 'team/web' }),
    })) {
      await intake.pipeline(name, {}, { triggers: [one] });
    }
    const id = await intake.happen('one', push('1.4', digest));
    expect(await intake.reasons(id)).toEqual([
      'any/triggers[0]: matched',
      'host/triggers[0]: matched',
      'latest/triggers[0]: tagNotIncluded',
      'numbered/triggers[0]: matched',
      'off/triggers[0]: triggerDisabled',
    ]);
    const [execution] = await intake.executions('any');
    expect(execution?.trigger).toMatchObject({ type: 'docker', repository, tag: '1.4' });

    const { items } = await explain(intake.ports, { caller: admin, repository, tag: '1.4' });
    expect(items.map(({ pipeline, reason }) => `${pipeline}: ${reason}`).sort()).toEqual([
      'any: matched',
      'host: matched',
      'latest: tagNotIncluded',
      'nobody: notAllowed',
      'numbered: matched',
      'off: triggerDisabled',
      'withheld: notAllowed',
    ]);
  });

  it('match expectations by tag, and bind the digest that was pushed', async () => {
    const intake = await createIntake(tables);
    await account(intake, 'reg', 'registry.example.com');
    const digest = intake.registry.put(repository, { tag: '1.4' });
    const expectedArtifacts: Json = [
      {
        id: 'tagged',
        matchArtifact: { type: 'docker/image', name: repository, version: '1\\.4', reference: `${repository}:1\\.4` },
      },
      { id: 'two', matchArtifact: { type: 'docker/image', version: '2.*' } },
    ];
    await intake.pipeline('one', {}, { expectedArtifacts, triggers: [docker({ expectedArtifactIds: ['tagged'] })] });
    await intake.pipeline('two', {}, { expectedArtifacts, triggers: [docker({ expectedArtifactIds: ['two'] })] });
    const id = await intake.happen('one', push('1.4', digest));
    intake.registry.put(repository, { tag: '1.4', labels: { moved: 'yes' } });
    expect(await intake.reasons(id)).toEqual(['one/triggers[0]: matched', 'two/triggers[0]: constraintNotMet']);
    expect(await started(intake, 'one')).toMatchObject([{ bound: [`tagged received ${repository}@${digest}`] }]);
  });

  it('and a source that listens are one run, also when the same push is told again', async () => {
    const intake = await createIntake(tables);
    await account(intake, 'reg', 'registry.example.com');
    const digest = intake.registry.put(repository, { tag: '1.4' });
    const image = { type: 'registry', repository, on: ['push'] };
    await intake.pipeline('shop', { image }, { triggers: [docker()] });
    const id = await intake.happen('one', push('1.4', digest));
    expect(await intake.reasons(id)).toEqual(['shop/image: matched', 'shop/triggers[0]: matched']);
    const again = await intake.happen('two', push('1.4', digest));
    expect(await intake.reasons(again)).toEqual(['shop/image: alreadyExecuted', 'shop/triggers[0]: alreadyExecuted']);
    expect(await started(intake, 'shop')).toMatchObject([
      { type: 'push', bound: [`image received ${repository}@${digest}`] },
    ]);
  });

  it('give what was pushed to a source that only stands by, and not where it does not admit it', async () => {
    const intake = await createIntake(tables);
    await account(intake, 'reg', 'registry.example.com');
    const old = intake.registry.put(repository, { tag: 'v1' });
    await intake.happen('old', push('v1', old));
    const digest = intake.registry.put(repository, { tag: '1.4', labels: { new: 'yes' } });
    await intake.pipeline('any', { image: { type: 'registry', repository } }, { triggers: [docker()] });
    await intake.pipeline(
      'v',
      { image: { type: 'registry', repository, tags: { include: ['v*'] } } },
      { triggers: [docker()] },
    );
    await intake.happen('one', push('1.4', digest));
    expect(await started(intake, 'any')).toMatchObject([{ bound: [`image received ${repository}@${digest}`] }]);
    expect(await started(intake, 'v')).toMatchObject([{ bound: [`image default ${repository}@${old}`] }]);
  });

  it('wait for a registry that cannot be asked', async () => {
    const intake = await createIntake(tables);
    await account(intake, 'reg', 'registry.example.com');
    const digest = intake.registry.put(repository, { tag: '1.4' });
    await intake.pipeline('shop', {}, { triggers: [docker()] });
    intake.registry.fail('registryUnavailable');
    const { digest: _, ...tagOnly } = push('1.4', digest);
    const id = await intake.happen('one', tagOnly);
    expect(await intake.ports.deliveries.matches(id)).toMatchObject([{ status: 'pending', source: 'triggers[0]' }]);
    intake.registry.fail(undefined);
    intake.setTime(fixedNow + 600_000);
    await processDelivery(intake.ports, id);
    expect(await intake.reasons(id)).toEqual(['shop/triggers[0]: matched']);
  });
});
