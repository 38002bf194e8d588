import { afterEach, expect, it } from 'vitest';
import { kubernetesDeployers } from '../../shared/adapters/deployers/kubernetes/deployers.ts';
import { accountInput } from '../../shared/contracts/accounts.ts';
import type { Digest } from '../../shared/domain/digest.ts';
import type { Json } from '../../shared/domain/json.ts';
import { artifactContent } from '../../shared/flows/artifact-content.ts';
import { getUsableAccount } from '../../shared/flows/find-usable-account.ts';
import { putAccount } from '../../shared/flows/put-account.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { type KubeApi, startKubeApi } from '../fixtures/kube-api.ts';
import { loopbackOutbound } from '../fixtures/loopback-outbound.ts';
import { createScenario, imageSource, repository, type Scenario } from '../fixtures/scenario.ts';

const tables = useEmbeddedTables();
let world: Scenario;
let cluster: KubeApi;
afterEach(async () => {
  await world.close();
  await cluster.close();
});

const container = (image: string) => ({ spec: { containers: [{ name: 'web', image }] } });
const deployment = (image: string): { readonly [key: string]: Json } => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'web' } }, template: container(image) },
});

/** A pipeline with one step and an account of a kubeconfig, run for a push. */
async function run(step: Json, imageId: (image: string) => string = (image) => image): Promise<[string, Digest]> {
  cluster = await startKubeApi();
  cluster.put(deployment('registry.example.com/shop:old'));
  cluster.rollsOut(imageId);
  const kept = new Map<string, string>();
  const secrets: Ports['secrets'] = {
    get: async (name) => kept.get(name),
    put: async (name, text) => void kept.set(name, text),
    remove: async (name) => void kept.delete(name),
  };
  const ports = () => world.ports;
  const steps = kubernetesDeployers({
    outbound: loopbackOutbound(),
    account: (name, pipeline) => getUsableAccount(ports(), { name, pipeline }),
    eksToken: () => Promise.reject(new Error('no EKS here')),
    content: (artifact, pipeline) => artifactContent(ports(), { artifact, pipeline }),
  });
  world = await createScenario(tables, {
    deployers: Object.fromEntries(steps.map((one) => [one.kind, one])),
    wrap: (base) => ({ ...base, secrets }),
  });
  const kubeconfig = JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: cluster.url } }],
    users: [{ name: 'u', user: { token: cluster.token } }],
    contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
  });
  const { kubeconfig: secret, ...account } = accountInput.parse({ type: 'kubernetes', kubeconfig, insecure: true });
  await putAccount(world.ports, { name: 'prod-cluster', ...account, credentials: { kubeconfig: secret } });
  await world.put({
    name: 'shop',
    sources: imageSource,
    stages: { prod: { environment: 'production', steps: { go: step } } },
  });
  const digest = await world.pushTag('shop-V1');
  return [(await world.executions('shop'))[0] ?? '', digest];
}

const place = { cluster: 'prod-cluster', namespace: 'shop' };
const image = '$[sources.image]';
const setImage = {
  step: 'kubernetes-image',
  with: { ...place, kind: 'Deployment', workload: 'web', container: 'web', image },
};
const apply = { step: 'kubernetes-apply', with: { ...place, manifest: deployment(image) } };

it.each([
  ['kubernetes-image', setImage],
  ['kubernetes-apply', apply],
])('%s puts a pushed digest into a cluster, and the head moves when the pods report it', async (_kind, step) => {
  const [id, digest] = await run(step);
  expect(await world.faults(id)).toEqual({});
  expect(await world.status(id)).toBe('succeeded');
  expect(cluster.changes.map((one) => one.split(' ').at(-1))).toEqual([`${repository}@${digest}`]);
  expect((await world.headOf('production')).map(([, head]) => head)).toEqual([digest]);
});

it.each([
  ['kubernetes-image', setImage],
  ['kubernetes-apply', apply],
])('%s fails where a pod reports another digest, and no head moves', async (_kind, step) => {
  const [id] = await run(step, () => `registry.local/team/shop@sha256:${'e'.repeat(64)}`);
  expect(Object.values(await world.faults(id))).toContain('digestMismatch');
  expect(await world.headOf('production')).toEqual([]);
});
