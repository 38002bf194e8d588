import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEcsServiceDeployer } from '../../shared/adapters/deployers/ecs-service/ecs-service.ts';
import type { Digest } from '../../shared/domain/digest.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import type { StepRequest } from '../../shared/ports/deployer.ts';
import { type EcsCluster, startEcsCluster } from '../fixtures/ecs-cluster.ts';
import { motoMissing } from '../fixtures/moto.ts';

const missing = motoMissing();
if (missing !== undefined) console.log(`skipped: the step ecs-service against moto: ${missing}`);

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as Digest;
const wanted = digest('a');
const image = `registry.example.com/shop@${wanted}`;

let cluster: EcsCluster;
let ecs: ECSClient;
let count = 0;
let service = '';

const options = () => ({
  endpoint: cluster.url,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
});
const deployer = () => createEcsServiceDeployer({ client: async () => ecs });

function request(given: JsonObject = {}, more: Partial<StepRequest> = {}): StepRequest {
  return {
    key: `shop-1/prod/eu/deploy/${count}`,
    executionId: 'shop-1',
    pipeline: 'shop',
    stage: 'prod',
    job: 'eu',
    step: 'deploy',
    attempt: 1,
    with: { cluster: 'c', service, container: 'web', image, ...given },
    wanted,
    artifacts: [],
    polls: 0,
    startedAt: 0,
    ...more,
  };
}

/** Runs the step as the flow does: with what it remembered. */
async function runOn(memory: JsonObject | undefined) {
  return deployer().run(request({}, memory === undefined ? {} : { memory }));
}

async function started(): Promise<JsonObject> {
  const answer = await runOn(undefined);
  if (answer.kind !== 'poll') throw new Error(`It answered ${answer.kind}.`);
  return answer.memory;
}

async function serviceNow() {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'c', services: [service] }));
  const { taskDefinition, tags } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: services?.[0]?.taskDefinition, include: ['TAGS'] }),
  );
  return { taskDefinition, tags };
}

async function revisions(): Promise<number> {
  return (await ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: service }))).taskDefinitionArns?.length ?? 0;
}

describe.skipIf(missing !== undefined)('the step ecs-service', () => {
  beforeAll(async () => {
    cluster = await startEcsCluster();
    ecs = new ECSClient(options());
    await ecs.send(new CreateClusterCommand({ clusterName: 'c' }));
  }, 90_000);
  afterAll(async () => {
    ecs.destroy();
    await cluster.close();
  });

  beforeEach(async () => {
    count += 1;
    service = `shop-${count}`;
    cluster.rollout('IN_PROGRESS');
    cluster.run([]);
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: service,
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        containerDefinitions: [
          { name: 'web', image: 'registry.example.com/shop:old', environment: [{ name: 'A', value: 'b' }] },
          { name: 'side', image: 'registry.example.com/side:1' },
        ],
        tags: [{ key: 'team', value: 'shop' }],
      }),
    );
    await ecs.send(
      new CreateServiceCommand({ cluster: 'c', serviceName: service, taskDefinition: service, desiredCount: 2 }),
    );
  });

  it('deploys a revision that differs in the one image, watches it and says what every task runs', async () => {
    const memory = await started();
    const { taskDefinition, tags } = await serviceNow();
    expect(taskDefinition?.containerDefinitions?.map((one) => one.image)).toEqual([
      image,
      'registry.example.com/side:1',
    ]);
    expect(taskDefinition).toMatchObject({ revision: 2, cpu: '256', memory: '512', networkMode: 'awsvpc' });
    expect(taskDefinition?.containerDefinitions?.[0]?.environment).toEqual([{ name: 'A', value: 'b' }]);
    expect(tags).toContainEqual({ key: 'team', value: 'shop' });
    expect(await runOn(memory)).toEqual({ kind: 'poll', memory });
    cluster.rollout('COMPLETED');
    cluster.run([wanted, undefined]);
    expect(await runOn(memory)).toEqual({ kind: 'poll', memory });
    cluster.run([wanted, wanted]);
    expect(await runOn(memory)).toEqual({ kind: 'done', observed: wanted, others: [], artifacts: [] });
  });

  it('says every digest that runs', async () => {
    const memory = await started();
    cluster.rollout('COMPLETED');
    cluster.run([wanted, digest('b'), wanted]);
    expect(await runOn(memory)).toMatchObject({ kind: 'done', observed: wanted, others: [digest('b')] });
  });

  it('begun again finds its own revision, also when the answers were lost', async () => {
    cluster.loseAnswers('RegisterTaskDefinition', 1);
    const memory = await started();
    const registered = await revisions();
    expect(await started()).toEqual(memory);
    expect(await started()).toEqual(memory);
    expect(await revisions()).toBe(registered);
    expect((await serviceNow()).taskDefinition?.taskDefinitionArn).toBe(memory.revision);
  });

  it('a step that died between revision and service uses the revision', async () => {
    cluster.loseAnswers('UpdateService', 3);
    await expect(started()).rejects.toMatchObject({ code: 'targetUnavailable', retryable: true });
    await started();
    expect(await revisions()).toBe(2);
  });

  it('leaves a service alone that has the image already', async () => {
    await started();
    const before = cluster.calls('UpdateService');
    const again = await deployer().run(request({}, { key: 'another-execution/prod/eu/deploy/1' }));
    expect(again.kind).toBe('poll');
    expect([await revisions(), cluster.calls('UpdateService')]).toEqual([2, before]);
  });

  it('fails where the rollout fails, with the reason', async () => {
    const memory = await started();
    cluster.rollout('FAILED', 'tasks failed to start');
    expect(await runOn(memory)).toMatchObject({
      kind: 'failed',
      code: 'rolloutFailed',
      message: expect.stringContaining('tasks failed to start'),
    });
  });

  it('fails where the service was given something else meanwhile', async () => {
    const memory = await started();
    await ecs.send(new UpdateServiceCommand({ cluster: 'c', service, taskDefinition: `${service}:1` }));
    expect(await runOn(memory)).toMatchObject({ kind: 'failed', code: 'targetChanged' });
  });

  it('fails where nothing runs that could be asked', async () => {
    const memory = await started();
    cluster.rollout('COMPLETED');
    expect(await runOn(memory)).toMatchObject({ kind: 'failed', code: 'nothingRuns' });
  });

  it('rolls back when it is cancelled under way, and does nothing before', async () => {
    const before = cluster.calls('StopServiceDeployment');
    await deployer().cancel?.(request());
    expect(cluster.calls('StopServiceDeployment')).toBe(before);
    await deployer().cancel?.(request({}, { memory: await started() }));
    expect(cluster.calls('StopServiceDeployment')).toBe(before + 1);
  });

  it.each<[string, JsonObject, string]>([
    ['no such service', { service: 'none' }, 'targetNotFound'],
    ['no such container', { container: 'none' }, 'targetNotFound'],
    ['a tag', { image: 'registry.example.com/shop:1' }, 'digestRequired'],
    ['an unknown input', { force: true }, 'invalidInput'],
    ['no cluster', { cluster: '' }, 'invalidInput'],
  ])('%s: refused, nothing done', async (_name, given, code) => {
    await expect(deployer().run(request(given))).rejects.toMatchObject({ code, retryable: false });
    expect(await revisions()).toBe(1);
  });
});
