import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/receive-webhook/handler.ts';
import type { Digest } from '../../shared/domain/digest.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import { putReceiver } from '../../shared/flows/put-receiver.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';
import { partialPorts } from '../fixtures/partial-ports.ts';
import { createScenario, deploy, repository, type Scenario } from '../fixtures/scenario.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const secret = "It's a Secret to Everybody";
const sha = '3484a3fb816e0859fd6e1cea078d76385ff50625';
const body = readFileSync(new URL('../fixtures/senders/github/workflow-run-completed.json', import.meta.url), 'utf8');
const failed = readFileSync(new URL('../fixtures/senders/github/workflow-run-failed.json', import.meta.url), 'utf8');
const pipeline = 'Codertocat/Hello-World:.github/workflows/build.yml';

interface Ci {
  /** The caller's delivery id. */
  post(text: string): Promise<string>;
}

/** A GitHub receiver on the embedded registry's repository, and a pipeline that deploys what its workflow built. */
async function shop(settings: JsonObject = {}, source: JsonObject = {}): Promise<Ci> {
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
    name: 'ci',
    body: {
      type: 'github',
      repositories: ['registry.local/team/*'],
      secret,
      artifacts: [{ image: `${repository}:\${GITHUB_SHA}` }],
      ...settings,
    },
  });
  if (put.kind !== 'created') throw new Error(JSON.stringify(put));
  await world.put({
    name: 'shop',
    sources: { ci: { type: 'pipeline', pipeline, on: ['buildSuccess'], ...source } },
    stages: {
      prod: {
        environment: 'prod',
        steps: deploy('prod', '$[sources.ci.stages.build.main.build.artifacts.default]'),
      },
    },
  });
  const door = createHandler(world.ports);
  return {
    async post(text) {
      const bytes = Buffer.from(text);
      const answer = await door({
        rawPath: put.url,
        rawQueryString: '',
        headers: {
          'content-type': 'application/json',
          'x-github-event': 'workflow_run',
          'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`,
        },
        requestContext: { requestId: 'r', http: { method: 'POST' } },
        body: bytes.toString('base64'),
        isBase64Encoded: true,
      });
      expect(answer.statusCode).toBe(202);
      await world.settle();
      return JSON.parse(answer.body).deliveryId;
    },
  };
}

/** To the embedded registry, as a workflow does before it ends; no pipeline listens to it. */
async function built(content: string): Promise<Digest> {
  const image = ociImage({ 'index.html': content });
  return pushImage(image, { baseUrl: world.registry.baseUrl, repository: 'team/shop', tag: sha });
}

describe('a signed workflow run that succeeded', () => {
  it('starts its pipeline on the image that the mapping names, settled once to a digest', async () => {
    const ci = await shop();
    const digest = await built('one');
    const delivery = await ci.post(body);
    const [id = '', ...more] = await world.executions('shop');
    expect(more).toEqual([]);
    expect(await world.ports.executions.find(id)).toMatchObject({
      status: 'succeeded',
      trigger: { type: 'build', receiver: 'ci', deliveryId: delivery },
      bound: [{ id: 'ci', build: '163', from: 'received', artifact: { version: digest } }],
    });
    expect(world.directory.calls.map((call) => call.wanted)).toEqual([digest]);
    expect(await world.headOf('prod')).toEqual([['prod/main/deploy', digest, id]]);
    const stored = await world.ports.deliveries.find(delivery);
    expect(stored?.events).toMatchObject([
      {
        branch: 'main',
        revision: sha,
        artifacts: [{ artifact: { version: digest, metadata: { resolvedAt: expect.any(Number) } } }],
      },
    ]);
  });

  it('told again after its tag moved is the same delivery, and changes nothing', async () => {
    const ci = await shop();
    const digest = await built('one');
    const first = await ci.post(body);
    await built('two');
    expect(await ci.post(body)).toBe(first);
    expect(await world.executions('shop')).toHaveLength(1);
    expect(await world.start('shop')).toEqual(expect.any(String));
    expect(world.directory.calls.map((call) => call.wanted)).toEqual([digest, digest]);
  });

  it.each<[string, JsonObject, JsonObject, string]>([
    ['an image outside of its bounds', { artifacts: [{ image: 'ghcr.io/x/y:${GITHUB_SHA}' }] }, {}, 'notAllowed'],
    ['a variable that nobody reports', { artifacts: [{ image: `${repository}:\${VERSION}` }] }, {}, 'unmappedVariable'],
  ])('with %s is refused and leaves no build', async (_, settings, source, reason) => {
    const ci = await shop(settings, source);
    await built('one');
    const stored = await world.ports.deliveries.find(await ci.post(body));
    expect(stored).toMatchObject({ status: 'processed', refusals: [{ event: 0, reason }] });
    expect(await world.executions('shop')).toEqual([]);
    expect(await world.ports.artifacts.build(pipeline, '163')).toBeUndefined();
  });

  it.each<[string, JsonObject, string]>([
    ['another branch', { branches: { include: ['release/*'] } }, 'branchNotIncluded'],
    ['an excluded branch', { branches: { include: ['*'], exclude: ['main'] } }, 'branchNotIncluded'],
  ])('of %s than the source wants starts nothing, and says so', async (_, source, reason) => {
    const ci = await shop({}, source);
    await built('one');
    const rows = await world.ports.deliveries.matches(await ci.post(body));
    expect(rows).toMatchObject([{ pipeline: 'shop', source: 'ci', matched: false, reason }]);
    expect(await world.executions('shop')).toEqual([]);
  });

  it('before its image is there starts nothing and names the tag; a run by hand finds the image later', async () => {
    const ci = await shop();
    const delivery = await ci.post(body);
    const [row] = await world.ports.deliveries.matches(delivery);
    expect(row).toMatchObject({ matched: false, reason: 'manifestUnknown', message: expect.stringContaining(sha) });
    expect(await world.executions('shop')).toEqual([]);
    const digest = await built('late');
    await world.start('shop');
    expect(world.directory.calls.map((call) => call.wanted)).toEqual([digest]);
  });
});

it('a workflow run that failed is a failed build, which starts nothing', async () => {
  const ci = await shop();
  const delivery = await ci.post(failed);
  expect(await world.ports.deliveries.matches(delivery)).toMatchObject([{ reason: 'kindNotListened', matched: false }]);
  expect(await world.ports.artifacts.build(pipeline, '163.2')).toMatchObject({
    outcome: 'failed',
    branch: 'main',
    revision: sha,
  });
  expect(await world.executions('shop')).toEqual([]);
});
