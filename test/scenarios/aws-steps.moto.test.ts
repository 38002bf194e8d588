import { CodeBuildClient, CreateProjectCommand } from '@aws-sdk/client-codebuild';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCodeBuildDeployer } from '../../shared/adapters/deployers/codebuild/codebuild.ts';
import { createVmDeployer } from '../../shared/adapters/deployers/vm-deploy/vm-deploy.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import type { StepRequest } from '../../shared/ports/deployer.ts';
import { type Moto, motoMissing, startMoto } from '../fixtures/moto.ts';

const missing = motoMissing();
if (missing !== undefined) console.log(`skipped: the steps codebuild and vm-deploy against moto: ${missing}`);

const hex = 'a'.repeat(64);
const file = { type: 's3/object', name: 's3://pkgs/k', reference: 's3://pkgs/k', metadata: { sha256: hex }, uuid: 'u' };
const startedAt = Date.parse('2026-11-21T10:00:00Z');

function request(given: JsonObject, more: Partial<StepRequest> = {}): StepRequest {
  return {
    key: 'shop-1/prod/eu/go/1',
    executionId: 'shop-1',
    pipeline: 'shop',
    stage: 'prod',
    job: 'eu',
    step: 'go',
    attempt: 1,
    with: given,
    artifacts: [file],
    polls: 0,
    startedAt,
    ...more,
  };
}

/** What moto has of both services: it builds nothing and runs nothing. */
describe.skipIf(missing !== undefined)('steps against moto', () => {
  let moto: Moto;
  const config = () => ({
    endpoint: moto.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });

  beforeAll(async () => {
    moto = await startMoto();
  }, 90_000);
  afterAll(() => moto.close());

  it('codebuild starts a build, sees it end and may stop it', async () => {
    const codebuild = new CodeBuildClient(config());
    await codebuild.send(
      new CreateProjectCommand({
        name: 'tests',
        source: { type: 'S3', location: 'bucket/source.zip' },
        artifacts: { type: 'NO_ARTIFACTS' },
        environment: { type: 'LINUX_CONTAINER', image: 'none', computeType: 'BUILD_GENERAL1_SMALL' },
        serviceRole: 'arn:aws:iam::123456789012:role/service-role/tests',
      }),
    );
    const deployer = createCodeBuildDeployer({ client: async () => codebuild });
    const answer = await deployer.run(request({ project: 'tests' }));
    if (answer.kind !== 'poll') throw new Error(`It answered ${answer.kind}.`);
    expect(await deployer.run(request({ project: 'tests' }, { memory: answer.memory }))).toMatchObject({
      kind: 'done',
      artifacts: [],
    });
    const cancel = async (build: string) => deployer.cancel?.(request({ project: 'tests' }, { memory: { build } }));
    await cancel(String(answer.memory.build));
    await expect(cancel('tests:00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
      code: 'targetNotFound',
    });
    await expect(deployer.run(request({ project: 'none' }))).rejects.toMatchObject({ retryable: false });
    codebuild.destroy();
  });

  it('vm-deploy sends a command once', async () => {
    const ssm = new SSMClient(config());
    const deployer = createVmDeployer({ client: async () => ssm, clock: { now: () => startedAt } });
    const given = { artifact: file.reference, machines: 'tag:A=b', downloadPath: '/opt/a', user: 'root', run: 'ls' };
    const memory = { machines: ['i-0123456789abcdef0'], batch: 0 };
    const sent = await deployer.run(request(given, { memory }));
    expect(await deployer.run(request(given, { memory }))).toEqual(sent);
    const { Commands } = await ssm.send(new ListCommandsCommand({}));
    expect(Commands).toMatchObject([{ DocumentName: 'AWS-RunShellScript', InstanceIds: memory.machines }]);
    ssm.destroy();
  });
});
