import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deployerContract } from '../../../../test/contracts/deployer.ts';
import { type KubeApi, startKubeApi } from '../../../../test/fixtures/kube-api.ts';
import { loopbackOutbound } from '../../../../test/fixtures/loopback-outbound.ts';
import type { Digest } from '../../../domain/digest.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import type { StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { createKubeClient } from '../kubernetes/kube-client.ts';
import { createKubernetesImageDeployer } from './kubernetes-image.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const wanted = digest('a');
const image = `registry.example.com/shop@${wanted}`;
const pulled = (text: string) => `docker-pullable://${text}`;

const inputs = { cluster: 'c', namespace: 'shop', kind: 'Deployment', workload: 'web', container: 'web', image };

function request(given: JsonObject = {}, more: Partial<StepRequest> = {}): StepRequest {
  return {
    key: 'shop-1/prod/eu/deploy/1',
    executionId: 'shop-1',
    pipeline: 'shop',
    stage: 'prod',
    job: 'eu',
    step: 'deploy',
    attempt: 1,
    with: { ...inputs, ...given },
    wanted,
    artifacts: [],
    polls: 0,
    startedAt: 0,
    ...more,
  };
}

function workload(kind: string, spec: JsonObject = {}): JsonObject {
  const containers: Json = [
    { name: 'web', image: 'registry.example.com/shop:old', env: [{ name: 'A', value: 'b' }] },
    { name: 'side', image: 'registry.example.com/side:1' },
  ];
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
  const body: JsonObject =
    kind === 'CronJob'
      ? { schedule: '0 0 * * *', jobTemplate: { spec: { template } } }
      : { replicas: 3, selector: { matchLabels: { app: 'web' } }, template };
  const apiVersion = kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
  return { apiVersion, kind, metadata: { name: 'web', namespace: 'shop' }, spec: { ...body, ...spec } };
}

const deployerOf = (cluster: KubeApi, token = cluster.token) =>
  createKubernetesImageDeployer({
    client: async () => createKubeClient(loopbackOutbound(), { server: cluster.url, token }),
  });

deployerContract('kubernetes-image', async () => {
  const cluster = await startKubeApi();
  cluster.put(workload('Deployment'));
  cluster.rollsOut(pulled);
  return {
    create: () => deployerOf(cluster),
    request: request(),
    observed: wanted,
    effects: async () => cluster.changes,
    unsound: [
      { ...inputs, image: 'registry.example.com/shop:1' },
      { ...inputs, namespace: '../kube-system' },
      { ...inputs, kind: 'Secret' },
      { ...inputs, workload: '' },
      { ...inputs, force: true },
      { ...inputs, container: 'none' },
      { ...inputs, workload: 'none' },
    ],
    close: cluster.close,
  };
});

describe('the step kubernetes-image', () => {
  let cluster: KubeApi;
  beforeEach(async () => {
    cluster = await startKubeApi();
  });
  afterEach(() => cluster.close());

  const run = (given: JsonObject = {}, more: Partial<StepRequest> = {}) =>
    deployerOf(cluster).run(request(given, more));
  async function started(given: JsonObject = {}): Promise<JsonObject> {
    const answer = await run(given);
    if (answer.kind !== 'poll') throw new Error(`It answered ${JSON.stringify(answer)}.`);
    return answer.memory;
  }

  it('gives the one container its image, as its own field manager, and leaves the rest', async () => {
    cluster.put(workload('Deployment'));
    await started();
    const object = cluster.get('Deployment', 'web');
    expect(object).toMatchObject({
      metadata: {
        annotations: { 'waybill/step': 'shop-1/prod/eu/deploy/1' },
        managedFields: [{ manager: 'kubectl' }, { manager: 'waybill-image-web' }],
      },
      spec: {
        replicas: 3,
        template: {
          spec: {
            containers: [{ name: 'web', image, env: [{ name: 'A' }] }, { image: 'registry.example.com/side:1' }],
          },
        },
      },
    });
  });

  it('a second container under it keeps what the first was given', async () => {
    cluster.put(workload('Deployment'));
    await started();
    const other = `registry.example.com/side@${digest('c')}`;
    await started({ container: 'side', image: other });
    expect(cluster.changes.at(-1)).toBe(`Deployment/web 3 ${image} ${other}`);
  });

  it.each(['Deployment', 'StatefulSet', 'DaemonSet'])('%s: polls until every pod says its digest', async (kind) => {
    cluster.put(workload(kind));
    const memory = await started({ kind });
    expect(await run({ kind }, { memory })).toEqual({ kind: 'poll', memory });
    cluster.rollsOut((text, index) => (index === 2 ? undefined : pulled(text)));
    expect(await run({ kind }, { memory })).toEqual({ kind: 'poll', memory });
    cluster.rollsOut(pulled);
    expect(await run({ kind }, { memory })).toEqual({ kind: 'done', observed: wanted, others: [], artifacts: [] });
    expect(cluster.changes).toHaveLength(1);
  });

  it('of a CronJob it reads back what it was given', async () => {
    cluster.put(workload('CronJob'));
    expect(await run({ kind: 'CronJob' })).toEqual({ kind: 'done', observed: wanted, others: [], artifacts: [] });
    expect(cluster.changes).toEqual([`CronJob/web 2 ${image} registry.example.com/side:1`]);
  });

  it('says every digest that runs', async () => {
    cluster.put(workload('Deployment'));
    cluster.rollsOut((_text, index) => `registry.example.com/shop@${index === 1 ? digest('b') : wanted}`);
    expect(await run()).toMatchObject({ kind: 'done', observed: wanted, others: [digest('b')] });
  });

  it('does not write to a workload that has the image already', async () => {
    cluster.put(workload('Deployment'));
    cluster.rollsOut(pulled);
    await run();
    const before = cluster.asked.filter((one) => one.startsWith('PATCH')).length;
    expect(await run({}, { key: 'another/prod/eu/deploy/1' })).toMatchObject({ kind: 'done', observed: wanted });
    expect(cluster.asked.filter((one) => one.startsWith('PATCH'))).toHaveLength(before);
  });

  it('begun again after a lost answer it goes on with its own change', async () => {
    cluster.put(workload('Deployment'));
    cluster.loseAnswers('PATCH', 1);
    await expect(run()).rejects.toMatchObject({ code: 'outboundUnavailable', retryable: true });
    await started();
    expect(cluster.changes).toHaveLength(1);
  });

  it.each<[string, StepAnswer['kind'], string, (memory: JsonObject) => void]>([
    [
      'a rollout that does not get on',
      'failed',
      'rolloutFailed',
      () => {
        const object = cluster.get('Deployment', 'web') ?? {};
        const conditions = [
          { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'stuck' },
        ];
        cluster.put({ ...object, status: { observedGeneration: 2, conditions } }, 'controller');
      },
    ],
    [
      'another image meanwhile',
      'failed',
      'targetChanged',
      () => {
        cluster.put(
          workload('Deployment', { template: { spec: { containers: [{ name: 'web', image: 'other@sha256:1' }] } } }),
          'x',
        );
      },
    ],
    [
      'made anew meanwhile',
      'failed',
      'targetChanged',
      () => {
        const object = cluster.get('Deployment', 'web') ?? {};
        cluster.remove('Deployment', 'web');
        cluster.put(object);
      },
    ],
    [
      'no pods that live',
      'failed',
      'nothingRuns',
      () => {
        cluster.put(
          workload('Deployment', { replicas: 0, template: { spec: { containers: [{ name: 'web', image }] } } }),
          'x',
        );
        cluster.rollsOut(pulled);
      },
    ],
    ['an id that no registry knows', 'failed', 'notComparable', () => cluster.rollsOut(() => digest('f'))],
  ])('%s: %s, %s', async (_name, kind, code, change) => {
    cluster.put(workload('Deployment'));
    const memory = await started();
    change(memory);
    expect(await run({}, { memory })).toMatchObject({ kind, code });
  });

  it('gives back what was there when it is cancelled under way, once, and not what somebody else put', async () => {
    cluster.put(workload('Deployment'));
    await deployerOf(cluster).cancel?.(request());
    expect(cluster.changes).toEqual([]);
    const memory = await started();
    await deployerOf(cluster).cancel?.(request({}, { memory }));
    expect(cluster.changes.at(-1)).toContain('registry.example.com/shop:old');
    await deployerOf(cluster).cancel?.(request({}, { memory }));
    expect(cluster.changes).toHaveLength(2);
  });

  it.each<[string, number, string, boolean]>([
    ['denied', 403, 'targetDenied', false],
    ['invalid', 422, 'targetRefused', false],
    ['a conflict', 409, 'targetUnavailable', true],
    ['too many', 429, 'targetUnavailable', true],
    ['broken', 500, 'targetUnavailable', true],
  ])('%s (%i): %s', async (_name, status, code, retryable) => {
    cluster.put(workload('Deployment'));
    cluster.refuse('PATCH', status, 1, 'quota of shop');
    await expect(run()).rejects.toMatchObject({ code, retryable, message: expect.stringContaining('quota of shop') });
  });

  it('says that the credentials are not good, and never repeats them', async () => {
    cluster.put(workload('Deployment'));
    const refused = deployerOf(cluster, 'another-token').run(request());
    await expect(refused).rejects.toMatchObject({
      code: 'targetDenied',
      message: expect.not.stringContaining('another-token'),
    });
  });
});
