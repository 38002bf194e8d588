import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AwsError, type AwsJson, startAwsJson } from '../../../../test/fixtures/aws-json.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { StepRequest } from '../../../ports/deployer.ts';
import { createCodeBuildDeployer } from './codebuild.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const image = `registry.example.com/shop@${digest}`;
const id = 'tests:1';

let aws: AwsJson;
let codebuild: CodeBuildClient;
let builds: JsonObject[] = [];

function request(given: JsonObject = {}, more: Partial<StepRequest> = {}): StepRequest {
  return {
    key: 'shop-1/prod/eu/test/1',
    executionId: 'shop-1',
    pipeline: 'shop',
    stage: 'prod',
    job: 'eu',
    step: 'test',
    attempt: 1,
    with: { project: 'tests', image, ...given },
    artifacts: [],
    polls: 0,
    startedAt: 0,
    ...more,
  };
}

const deployer = () => createCodeBuildDeployer({ client: async () => codebuild });
const watch = () => deployer().run(request({}, { memory: { build: id } }));

function setBuild(more: JsonObject): void {
  builds = [{ id, ...more }];
}

beforeEach(async () => {
  builds = [];
  aws = await startAwsJson({
    StartBuild: ({ projectName, environmentVariablesOverride }) => {
      if (projectName !== 'tests') throw new AwsError('ResourceNotFoundException');
      const environmentVariables = JSON.parse(JSON.stringify(environmentVariablesOverride));
      const build = {
        id: `tests:${builds.length + 1}`,
        buildStatus: 'IN_PROGRESS',
        environment: { environmentVariables },
      };
      builds = [build, ...builds];
      return { build };
    },
    ListBuildsForProject: ({ projectName }) => {
      if (projectName !== 'tests') throw new AwsError('ResourceNotFoundException');
      return { ids: builds.map((build) => build.id) };
    },
    BatchGetBuilds: ({ ids }) => ({
      builds: builds.filter((build) => Array.isArray(ids) && ids.includes(build.id)),
    }),
    StopBuild: () => ({}),
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  codebuild = new CodeBuildClient({ endpoint: aws.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
});
afterEach(async () => {
  codebuild.destroy();
  await aws.close();
});

describe('the step codebuild', () => {
  it('starts a build that knows the image, under a token of the key', async () => {
    const answer = await deployer().run(request({ variables: { SUITE: 'smoke' } }));
    expect(answer).toEqual({ kind: 'poll', memory: { build: id } });
    const [started] = aws.calls('StartBuild');
    expect(started?.idempotencyToken).toMatch(/^[0-9a-f]{32}$/);
    expect(started?.environmentVariablesOverride).toEqual([
      { name: 'SUITE', value: 'smoke', type: 'PLAINTEXT' },
      { name: 'WAYBILL_IMAGE', value: image, type: 'PLAINTEXT' },
      { name: 'WAYBILL_DIGEST', value: digest, type: 'PLAINTEXT' },
      { name: 'WAYBILL_EXECUTION', value: 'shop-1', type: 'PLAINTEXT' },
      { name: 'WAYBILL_STEP', value: started?.idempotencyToken, type: 'PLAINTEXT' },
    ]);
  });

  it('needs no image', async () => {
    const { image: _, ...rest } = request().with;
    await deployer().run({ ...request(), with: rest });
    expect(JSON.stringify(aws.calls('StartBuild'))).not.toContain('WAYBILL_IMAGE');
  });

  it('begun again finds its own build, also when the answer was lost; another step starts another', async () => {
    aws.loseAnswers('StartBuild', 1);
    await expect(deployer().run(request())).rejects.toMatchObject({ code: 'targetUnavailable', retryable: true });
    expect(await deployer().run(request())).toEqual({ kind: 'poll', memory: { build: id } });
    expect(await deployer().run(request({}, { key: 'shop-1/prod/eu/test/2' }))).toMatchObject({
      memory: { build: 'tests:2' },
    });
    expect(aws.calls('StartBuild')).toHaveLength(2);
  });

  it('publishes what the build exported', async () => {
    const exported = [
      { name: 'NEXT_IMAGE', value: `registry.example.com/next:1.0@${digest}` },
      { name: 'BY_TAG', value: 'registry.example.com/next:1.0' },
      { name: 'REPORT', value: 'https://reports.example.com/7' },
      { name: 'EMPTY', value: '' },
    ];
    setBuild({ buildStatus: 'SUCCEEDED', exportedEnvironmentVariables: exported });
    const answer = await watch();
    expect(answer).toMatchObject({
      kind: 'done',
      artifacts: [
        { name: 'NEXT_IMAGE', artifact: { type: 'docker/image', name: 'registry.example.com/next', version: digest } },
        { name: 'BY_TAG', artifact: { type: 'custom/object', name: 'BY_TAG', version: id } },
        { name: 'REPORT', artifact: { type: 'custom/object', reference: 'https://reports.example.com/7' } },
      ],
    });
    expect(answer).not.toHaveProperty('observed');
    expect(answer.kind === 'done' && answer.artifacts).toHaveLength(3);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['IN_PROGRESS', {}, { kind: 'poll', memory: { build: id } }],
    ['SUCCEEDED', {}, { kind: 'done', artifacts: [] }],
    [
      'FAILED',
      {
        phases: [
          { phaseType: 'SUBMITTED', phaseStatus: 'SUCCEEDED' },
          {
            phaseType: 'BUILD',
            phaseStatus: 'FAILED',
            contexts: [{ statusCode: 'COMMAND_EXECUTION_ERROR', message: 'exit status 1' }],
          },
        ],
      },
      {
        kind: 'failed',
        code: 'stepFailed',
        message: 'Build tests:1 ended FAILED in BUILD: COMMAND_EXECUTION_ERROR: exit status 1.',
      },
    ],
    ['FAULT', {}, { kind: 'failed', code: 'stepFailed', message: 'Build tests:1 ended FAULT.' }],
    ['TIMED_OUT', {}, { kind: 'failed', code: 'stepFailed', message: 'Build tests:1 ended TIMED_OUT.' }],
    ['STOPPED', {}, { kind: 'failed', code: 'stepFailed', message: 'Build tests:1 ended STOPPED.' }],
  ])('a build that is %s', async (buildStatus, more, answer) => {
    setBuild({ buildStatus, ...more });
    expect(await watch()).toEqual(answer);
  });

  it('a build that is gone fails', async () => {
    expect(await watch()).toMatchObject({ kind: 'failed', code: 'targetNotFound' });
  });

  it('a text that is too long for an artifact fails with its name', async () => {
    setBuild({ buildStatus: 'SUCCEEDED', exportedEnvironmentVariables: [{ name: 'BIG', value: 'x'.repeat(9000) }] });
    await expect(watch()).rejects.toMatchObject({ code: 'stepFailed', message: expect.stringContaining('BIG') });
  });

  it('stops its build when it is cancelled, also one whose answer was lost, and no other', async () => {
    await deployer().cancel?.(request());
    expect(aws.calls('StopBuild')).toEqual([]);
    await deployer().run(request());
    await deployer().cancel?.(request());
    await deployer().cancel?.(request({}, { memory: { build: 'tests:9' } }));
    expect(aws.calls('StopBuild')).toEqual([{ id }, { id: 'tests:9' }]);
  });

  it.each<[string, JsonObject, string]>([
    ['no such project', { project: 'none' }, 'targetNotFound'],
    ['a tag', { image: 'registry.example.com/shop:1' }, 'digestRequired'],
    ['an unknown input', { force: true }, 'invalidInput'],
    ['a variable of CodeBuild', { variables: { CODEBUILD_X: '1' } }, 'invalidInput'],
    ['a variable of ours', { variables: { WAYBILL_DIGEST: '1' } }, 'invalidInput'],
    ['a variable that is none', { variables: { 'a-b': '1' } }, 'invalidInput'],
  ])('%s: refused, nothing started', async (_name, given, code) => {
    await expect(deployer().run(request(given))).rejects.toMatchObject({ code, retryable: false });
    expect(builds).toEqual([]);
  });
});
