import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deployerContract } from '../../../../test/contracts/deployer.ts';
import { type KubeApi, startKubeApi } from '../../../../test/fixtures/kube-api.ts';
import { loopbackOutbound } from '../../../../test/fixtures/loopback-outbound.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import type { Digest } from '../../../domain/digest.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import type { StepRequest } from '../../../ports/deployer.ts';
import { createKubeClient } from '../kubernetes/kube-client.ts';
import { createKubernetesApplyDeployer } from './kubernetes-apply.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const wanted = digest('a');
const image = `registry.example.com/shop@${wanted}`;
const side = `registry.example.com/side@${digest('c')}`;

const manifest = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: "\${color}"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: \${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: \${image}, futureField: {kept: true}}
        - {name: side, image: "${side}"}
`;
const variables = [
  { key: 'image', value: image },
  { key: 'replicas', value: '2' },
  { key: 'color', value: 'green' },
];
const file: Artifact = {
  ...{ type: 'http/file', name: 'web.yaml', reference: 'https://files.example.com/web.yaml', metadata: {}, uuid: 'u' },
};
const inputs = { cluster: 'c', namespace: 'shop', manifest: file.reference, variables };

function request(given: JsonObject = {}, more: Partial<StepRequest> = {}): StepRequest {
  return {
    ...{ key: 'shop-1/prod/eu/deploy/1', executionId: 'shop-1', pipeline: 'shop', stage: 'prod', job: 'eu' },
    ...{ step: 'deploy', attempt: 1, wanted, artifacts: [file], polls: 0, startedAt: 0 },
    with: { ...inputs, ...given },
    ...more,
  };
}

function deployerOf(cluster: KubeApi, text = manifest) {
  return createKubernetesApplyDeployer({
    client: async () => createKubeClient(loopbackOutbound(), { server: cluster.url, token: cluster.token }),
    content: async () => Buffer.from(text),
  });
}

deployerContract('kubernetes-apply', async () => {
  const cluster = await startKubeApi();
  cluster.rollsOut((text) => text);
  return {
    create: () => deployerOf(cluster),
    request: request(),
    observed: wanted,
    effects: async () => cluster.changes.filter((one) => one.startsWith('Deployment')),
    unsound: [
      { ...inputs, variables: [] },
      { ...inputs, manifest: 'https://elsewhere.example.com/x.yaml' },
      { ...inputs, namespace: 'Shop' },
      { ...inputs, force: true },
      { ...inputs, manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '../x' } } },
    ],
    close: cluster.close,
  };
});

describe('the step kubernetes-apply', () => {
  let cluster: KubeApi;
  beforeEach(async () => {
    cluster = await startKubeApi();
  });
  afterEach(() => cluster.close());

  const run = (given: JsonObject = {}, more: Partial<StepRequest> = {}) =>
    deployerOf(cluster).run(request(given, more));
  const applied = { memory: { applied: true } };

  it('applies every object in order, as it was written, then watches and says what the pods run', async () => {
    expect(await run()).toEqual({ kind: 'poll', ...applied });
    expect(cluster.changes).toEqual(['ConfigMap/settings 0', `Deployment/web 1 ${image} ${side}`]);
    expect(cluster.get('ConfigMap', 'settings')).toMatchObject({
      metadata: { namespace: 'shop', annotations: { 'waybill/step': 'shop-1/prod/eu/deploy/1' } },
      data: { color: 'green' },
    });
    expect(cluster.get('Deployment', 'web')).toMatchObject({
      metadata: { managedFields: [{ manager: 'waybill' }] },
      spec: { replicas: 2, template: { spec: { containers: [{ futureField: { kept: true } }, {}] } } },
    });
    expect(await run({}, applied)).toEqual({ kind: 'poll', ...applied });
    cluster.rollsOut((text) => `docker-pullable://${text}`);
    expect(await run({}, applied)).toEqual({ kind: 'done', observed: wanted, others: [], artifacts: [] });
    expect(cluster.asked.filter((one) => one.startsWith('PATCH'))).toHaveLength(2);
  });

  it('begun again after a lost answer it ends with the same objects', async () => {
    cluster.loseAnswers('PATCH', 1);
    await expect(run()).rejects.toMatchObject({ code: 'outboundUnavailable', retryable: true });
    await run();
    expect(cluster.changes).toHaveLength(2);
  });

  it('says every digest that runs', async () => {
    cluster.rollsOut((text, index) => (index === 0 ? text : text.replace(wanted, digest('b'))));
    expect(await run()).toMatchObject({ kind: 'done', observed: wanted, others: [digest('b')] });
  });

  it('cannot observe where no workload that it knows has the image', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { image } };
    expect(await run({ manifest: object, variables: [] })).toEqual({ kind: 'done', artifacts: [] });
  });

  it.each<[string, () => void, string]>([
    [
      'somebody gives it another image',
      () => {
        const object = JSON.parse(JSON.stringify(cluster.get('Deployment', 'web')).replaceAll(wanted, digest('d')));
        cluster.put(object, 'x');
      },
      'targetChanged',
    ],
    ['somebody deletes it', () => cluster.remove('Deployment', 'web'), 'targetChanged'],
    ['its image is one that no registry knows', () => cluster.rollsOut(() => digest('f')), 'notComparable'],
  ])('fails where %s', async (_name, change, code) => {
    await run();
    change();
    expect(await run({}, applied)).toMatchObject({ kind: 'failed', code });
  });

  const configMap = (metadata: JsonObject): JsonObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { image },
  });

  it('takes objects of any namespace where it names none, and of cluster scope', async () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'reader' } };
    const list: JsonObject = {
      apiVersion: 'v1',
      kind: 'List',
      items: [configMap({ name: 'a', namespace: 'other' }), configMap({ name: 'b' }), role],
    };
    const { namespace: _, ...rest } = inputs;
    expect(await deployerOf(cluster).run(request({}, { with: { ...rest, manifest: list } }))).toMatchObject({
      kind: 'done',
    });
    expect(cluster.get('ConfigMap', 'a', 'other')).toBeDefined();
    expect(cluster.get('ConfigMap', 'b', 'default')).toBeDefined();
    expect(cluster.get('ClusterRole', 'reader')).toBeDefined();
  });

  const pod = (text: string): JsonObject => ({
    ...configMap({ name: 'p' }),
    kind: 'Pod',
    spec: { containers: [{ name: 'c', image: text }] },
  });

  it.each<[string, Json, string, RegExp]>([
    [
      'another namespace',
      configMap({ name: 'a', namespace: 'kube-system' }),
      'invalidInput',
      /Object 1 .*ConfigMap a.*kube-system/,
    ],
    ['a name that is a path', configMap({ name: '..' }), 'invalidInput', /metadata\.name/],
    ['no name', configMap({}), 'invalidInput', /metadata\.name/],
    [
      'a version that is a path',
      { ...configMap({ name: 'a' }), apiVersion: 'v1/../../x' },
      'invalidInput',
      /apiVersion/,
    ],
    ['a kind of no sound name', { ...configMap({ name: 'a' }), kind: 'Config Map' }, 'invalidInput', /kind/],
    [
      'an image by its tag',
      [configMap({ name: 'a' }), pod('nginx:1')],
      'digestRequired',
      /Object 2 .*Pod p.*container c.*nginx:1/,
    ],
    ['an unknown kind', { ...configMap({ name: 'a' }), kind: 'Rocket' }, 'targetRefused', /Rocket/],
    [
      'an unknown group',
      { ...configMap({ name: 'a' }), apiVersion: 'example.com/v1' },
      'targetNotFound',
      /example\.com/,
    ],
    ['a manifest without the image', [{ ...configMap({ name: 'a' }), data: {} }], 'invalidInput', /sha256:a/],
    ['text that is no YAML', 'a: {\nb', 'invalidInput', /Document 1/],
    ['text that is no object', '- x\n- y\n', 'invalidInput', /no object/],
    [
      'too many objects',
      `${JSON.stringify(configMap({ name: 'a' }))}\n---\n`.repeat(101).slice(0, 8192 * 4),
      'invalidInput',
      /./,
    ],
  ])('refuses %s, and applies nothing', async (_name, given, code, says) => {
    const isText = typeof given === 'string';
    const deployer = isText ? deployerOf(cluster, given) : deployerOf(cluster);
    const asked = request(isText ? {} : { manifest: given });
    await expect(deployer.run(asked)).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
    expect(cluster.changes).toEqual([]);
  });

  it('refuses a manifest that is too large', async () => {
    const large = `${manifest}# ${'x'.repeat(256 * 1024)}`;
    await expect(deployerOf(cluster, large).run(request())).rejects.toMatchObject({ code: 'tooLarge' });
  });

  it('does not repeat what the cluster says of a Secret', async () => {
    cluster.refuse('PATCH', 422, 1, 'invalid value: hunter2');
    const secret = { ...configMap({ name: 's' }), kind: 'Secret' };
    await expect(run({ manifest: secret })).rejects.toMatchObject({
      code: 'targetRefused',
      message: expect.not.stringContaining('hunter2'),
    });
  });
});
