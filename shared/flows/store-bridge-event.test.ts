import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake, type Intake } from '../../test/fixtures/intake.ts';
import { deliveryId } from '../domain/delivery-key.ts';
import type { JsonObject } from '../domain/json.ts';
import { processDelivery } from './process-delivery.ts';
import { putReceiver } from './put-receiver.ts';
import { receiveDelivery } from './receive-delivery.ts';
import { storeBridgeEvent } from './store-bridge-event.ts';

const tables = useEmbeddedTables();
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const repository = `${host}/team/shop`;
const build = JSON.parse(
  readFileSync(new URL('../../test/fixtures/senders/eventbridge/codebuild-succeeded.json', import.meta.url), 'utf8'),
);
const artifacts = [{ image: `${repository}:\${IMAGE_TAG}` }];

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake(tables);
});

async function settings(name: string, type: string, more: JsonObject): Promise<void> {
  const secret = type === 'eventbridge' ? 'Bearer 0123456789abcdef' : `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const body = { type, repositories: [`${host}/**`], secret, ...more };
  const answer = await putReceiver(intake.ports, { caller: admin, name, body });
  if (answer.kind !== 'created') throw new Error(JSON.stringify(answer));
}

async function told() {
  const stored = await storeBridgeEvent(intake.ports, build);
  if (stored.kind !== 'stored') throw new Error(stored.message);
  await processDelivery(intake.ports, stored.deliveryId);
  return intake.ports.deliveries.find(stored.deliveryId);
}

describe('a build of AWS', () => {
  it('has the images that the receiver eventbridge says, under the name of its system', async () => {
    await settings('eventbridge', 'eventbridge', { artifacts, branch: '${GIT_BRANCH}' });
    await intake.pipeline('web', { ci: { type: 'pipeline', pipeline: 'shop', on: ['buildSuccess'] } });
    const digest = intake.registry.put(repository, { tag: '1.4.0' });
    expect(await told()).toMatchObject({
      id: deliveryId('codebuild', build.id, intake.ports.sha256),
      receiver: 'codebuild',
    });
    expect(await intake.ports.artifacts.lastSuccessfulBuild('shop')).toMatchObject({
      receiver: 'codebuild',
      branch: 'main',
      artifacts: [{ artifact: { reference: `${repository}@${digest}` } }],
    });
    expect(await intake.executions('web')).toMatchObject([{ bound: [{ id: 'ci', artifact: { version: digest } }] }]);
    await told();
    expect(await intake.executions('web')).toHaveLength(1);
  });

  it.each([
    ['no receiver', undefined, {}],
    ['one of another type', 'waybill', {}],
  ])('has none with %s', async (_, type, more) => {
    if (type !== undefined) await settings('eventbridge', type, more);
    expect(await told()).toMatchObject({
      events: [{ kind: 'build', artifacts: [] }],
      refusals: [],
      status: 'processed',
    });
    expect(await intake.ports.artifacts.build('shop', '8745a7a9-c340-456a-9166-edf953571bee')).toMatchObject({
      outcome: 'succeeded',
    });
  });

  it.each([
    ['an image outside of its bounds', { artifacts: [{ image: 'registry.example.com/x:${IMAGE_TAG}' }] }, 'notAllowed'],
    ['a variable that was not exported', { artifacts: [{ image: `${repository}:\${NOPE}` }] }, 'unmappedVariable'],
  ])('leaves nothing with %s', async (_, more, reason) => {
    await settings('eventbridge', 'eventbridge', more);
    expect(await told()).toMatchObject({ refusals: [{ event: 0, reason }], status: 'processed' });
    expect(await intake.ports.artifacts.lastSuccessfulBuild('shop')).toBeUndefined();
  });
});

describe('the same events through a receiver', () => {
  const read = (file: string) =>
    readFileSync(new URL(`../../test/fixtures/senders/eventbridge/${file}`, import.meta.url));

  it.each([
    ['ecr-scan.json', 'ecr'],
    ['inspector2-scan.json', 'inspector2'],
  ])('%s is recorded under %s, and listed under its own name', async (file, reporter) => {
    await settings('aws', 'eventbridge', {});
    const receiver = await intake.ports.receivers.find('aws');
    const headers = { authorization: 'Bearer 0123456789abcdef', 'content-type': 'application/json' };
    const raw = { headers, query: {}, body: read(file), receivedAt: intake.ports.clock.now() };
    const answer = await receiveDelivery(intake.ports, { hookId: receiver?.hookId ?? '', raw });
    if (answer.kind !== 'accepted') throw new Error(JSON.stringify(answer));
    await processDelivery(intake.ports, answer.deliveryId);
    const { items } = await intake.ports.deliveries.list({ receivers: ['aws'], limit: 10 });
    expect(items).toMatchObject([{ id: answer.deliveryId, receiver: 'aws', reporter, signed: true }]);
    const digest = `sha256:${'a'.repeat(64)}`;
    const [artifact] = (await intake.ports.artifacts.byVersion(digest, { limit: 10 })).items;
    const facts = await intake.ports.artifacts.facts(artifact?.artifact.uuid ?? '');
    expect(facts).toMatchObject([{ kind: 'scanned', receiver: reporter, trusted: true }]);
  });
});
