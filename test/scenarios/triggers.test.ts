import { createHash, createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/receive-webhook/handler.ts';
import type { Digest } from '../../shared/domain/digest.ts';
import type { Json, JsonObject } from '../../shared/domain/json.ts';
import { findDelivery } from '../../shared/flows/list-deliveries.ts';
import { putReceiver } from '../../shared/flows/put-receiver.ts';
import { recordArtifact } from '../../shared/flows/record-artifact.ts';
import { fixedNow, useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';
import { partialPorts } from '../fixtures/partial-ports.ts';
import { createScenario, deploy, repository, type Scenario } from '../fixtures/scenario.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const reference = `${repository}:1.4`;

/** A receiver of type `webhook` for source `trains`; answers how its sender posts. */
async function trains(): Promise<(payload: Json, signedBy?: string) => Promise<{ status: number; id: string }>> {
  const secrets = new Map<string, string>();
  world = await createScenario(tables, {
    wrap: (ports) =>
      partialPorts({
        ...ports,
        secrets: {
          get: async (name) => secrets.get(name),
          put: async (name, value) => void secrets.set(name, value),
          remove: async (name) => void secrets.delete(name),
        },
      }),
  });
  const put = await putReceiver(world.ports, {
    caller: world.admin,
    name: 'trains',
    body: { type: 'webhook', source: 'trains', eventType: 'release', secret, repositories: ['registry.local/team/*'] },
  });
  if (put.kind !== 'created') throw new Error(JSON.stringify(put));
  const door = createHandler(world.ports);
  return async (payload, signedBy = secret) => {
    const body = Buffer.from(JSON.stringify(payload));
    const timestamp = String(Math.floor(fixedNow / 1000));
    const id = `msg_${createHash('sha256').update(body).digest('hex').slice(0, 12)}`;
    const mac = createHmac('sha256', Buffer.from(signedBy.slice(6), 'base64')).update(`${id}.${timestamp}.`);
    const answer = await door({
      rawPath: put.url,
      rawQueryString: '',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${mac.update(body).digest('base64')}`,
      },
      requestContext: { requestId: 'r', http: { method: 'POST' } },
      body: body.toString('base64'),
      isBase64Encoded: true,
    });
    await world.settle();
    return { status: answer.statusCode, id: JSON.parse(answer.body).deliveryId ?? '' };
  };
}

function shop(triggers: Json, sources: JsonObject = {}): JsonObject {
  return {
    name: 'shop',
    parameters: { folder: 'prod' },
    sources: { image: { type: 'registry', repository }, ...sources },
    triggers,
    stages: { prod: { environment: 'prod', steps: deploy('$'.concat('{folder}')) } },
  };
}

/** To the embedded registry, without an event that this pipeline would listen to. */
async function built(content: string): Promise<Digest> {
  const image = ociImage({ 'index.html': content });
  return pushImage(image, { baseUrl: world.registry.baseUrl, repository: 'team/shop', tag: '1.4' });
}

const release = { type: 'release', source: 'trains', payloadConstraints: { 'train.line': '^(red|blue)$' } };

describe('a signed webhook', () => {
  it('starts the pipeline whose trigger it fits and deploys what it brought, by its digest', async () => {
    const post = await trains();
    await world.put(shop([{ ...release, expectedArtifactIds: ['image'] }]));
    const digest = await built('one');
    const payload = {
      train: { line: 'red', number: 4 },
      artifacts: [{ type: 'docker/image', reference }],
      parameters: { folder: 'red', colour: 'red' },
    };
    const { status, id } = await post(payload);
    expect(status).toBe(202);
    const [execution = '', ...more] = await world.executions('shop');
    expect(more).toEqual([]);
    expect(await world.ports.executions.find(execution)).toMatchObject({
      status: 'succeeded',
      parameters: { folder: 'red' },
      trigger: { type: 'webhook', receiver: 'trains', deliveryId: id, payload },
      bound: [{ id: 'image', from: 'received', artifact: { version: digest } }],
    });
    expect(world.directory.calls.map((call) => call.wanted)).toEqual([digest]);
    expect(await world.headOf('prod')).toEqual([['prod/main/deploy', digest, execution]]);
    const view = await findDelivery(world.ports, { caller: world.admin, id });
    expect(view?.delivery.events).toMatchObject([{ kind: 'webhook', type: 'release', source: 'trains' }]);
    expect(view?.matches).toMatchObject([
      { pipeline: 'shop', source: 'triggers[0]', reason: 'matched', message: expect.stringContaining('colour') },
    ]);
  });

  it('is told why it started nothing', async () => {
    const post = await trains();
    await world.put(
      shop([
        { ...release, expectedArtifactIds: ['image'] },
        { ...release, enabled: false },
      ]),
    );
    await built('one');
    const reasons = async (payload: Json) => {
      const { id } = await post(payload);
      const view = await findDelivery(world.ports, { caller: world.admin, id });
      return view?.matches.map(({ source, reason }) => `${source} ${reason}`);
    };
    expect(await reasons({ train: { line: 'green' } })).toEqual([
      'triggers[0] constraintNotMet',
      'triggers[1] triggerDisabled',
    ]);
    expect(await reasons({ train: { line: 'red' } })).toEqual([
      'triggers[0] constraintNotMet',
      'triggers[1] triggerDisabled',
    ]);
    const outside = { type: 'docker/image', reference: 'registry.example.com/other/shop:1' };
    expect(await reasons({ train: { line: 'red' }, artifacts: [outside] })).toEqual([' notAllowed']);
    expect(await world.executions('shop')).toEqual([]);
  });

  it('of anybody else is refused, and sent again is one run', async () => {
    const post = await trains();
    await world.put(shop([release]));
    await world.pushTag('1.0');
    expect((await post({ train: { line: 'red' } }, `whsec_${Buffer.alloc(32, 8).toString('base64')}`)).status).toBe(
      401,
    );
    expect(await world.executions('shop')).toEqual([]);
    const [one, two] = [await post({ train: { line: 'blue' } }), await post({ train: { line: 'blue' } })];
    expect(one).toEqual(two);
    expect(await world.executions('shop')).toHaveLength(1);
  });
});

it('a push that a docker trigger takes deploys the digest that was pushed', async () => {
  await trains();
  await world.put(shop([{ type: 'docker', account: 'registry.local', repository: 'team/shop', tag: 'v.*' }]));
  await world.pushTag('1.0');
  expect(await world.executions('shop')).toEqual([]);
  const digest = await world.pushTag('v1.1');
  const [execution = ''] = await world.executions('shop');
  expect(await world.ports.executions.find(execution)).toMatchObject({
    status: 'succeeded',
    trigger: { type: 'docker', repository, tag: 'v1.1' },
  });
  expect(await world.headOf('prod')).toEqual([['prod/main/deploy', digest, execution]]);
});

it('a posted version of a file starts the pipeline that has it as a source', async () => {
  await trains();
  await world.put({
    name: 'notes',
    sources: { config: { type: 'artifact', artifactType: 'custom/object', name: 'shop.yaml', order: 'semver' } },
    stages: {
      tell: {
        steps: {
          post: {
            step: 'webhook',
            with: { url: 'https://example.com/', body: '$[sources.config] $[sources.config.version]' },
          },
        },
      },
    },
  });
  for (const version of ['1.0.0', '1.2.0', '1.1.0']) {
    const input = { type: 'custom/object', name: 'shop.yaml', version, reference: `store://shop/${version}` };
    expect(await recordArtifact(world.ports, { caller: world.admin, input })).toMatchObject({ kind: 'recorded' });
    await world.settle();
  }
  expect(await world.executions('notes')).toHaveLength(2);
  expect(world.webhook.calls.map((call) => call.with.body)).toEqual([
    'store://shop/1.0.0 1.0.0',
    'store://shop/1.2.0 1.2.0',
  ]);
});
