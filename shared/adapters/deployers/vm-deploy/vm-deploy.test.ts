import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AwsJson, startAwsJson } from '../../../../test/fixtures/aws-json.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { parseMachines } from './machines.ts';
import { batchesOf, createVmDeployer } from './vm-deploy.ts';

const hex = 'a'.repeat(64);
const wanted = `sha256:${hex}`;
const ids = ['i-0000000a', 'i-0000000b', 'i-0000000c'];
const file: Artifact = {
  type: 's3/object',
  name: 's3://pkgs/shop.tgz',
  version: 'v7',
  reference: 's3://pkgs/shop.tgz',
  metadata: { sha256: hex },
  uuid: 'u',
};
const sound = {
  artifact: file.reference,
  machines: 'tag:App=shop',
  downloadPath: '/opt/shop.tgz',
  user: 'shop',
  run: 'ls',
};

interface Command {
  readonly CommandId: string;
  readonly Comment: unknown;
  readonly InstanceIds: readonly string[];
}

let aws: AwsJson;
let ssm: SSMClient;
let commands: Command[] = [];
let online: readonly string[] = [];
let ends: Record<string, JsonObject> = {};
let now = 0;

const ended = (digest = wanted): JsonObject => ({
  Status: 'Success',
  CommandPlugins: [{ Name: 'aws:runShellScript', ResponseCode: 0, Output: `waybill-observed ${digest}\n` }],
});
const failed = (ResponseCode: number, Output = ''): JsonObject => ({
  Status: 'Failed',
  StatusDetails: 'Failed',
  CommandPlugins: [{ Name: 'aws:runShellScript', ResponseCode, Output: `\n----------ERROR-------\n${Output}` }],
});

function request(given: JsonObject = {}, more: Partial<StepRequest> = {}): StepRequest {
  return {
    key: 'shop-1/prod/eu/deploy/1',
    executionId: 'shop-1',
    pipeline: 'shop',
    stage: 'prod',
    job: 'eu',
    step: 'deploy',
    attempt: 1,
    with: { ...sound, ...given },
    artifacts: [file],
    polls: 0,
    startedAt: 1_795_168_800_000,
    ...more,
  };
}

const deployer = () => createVmDeployer({ client: async () => ssm, clock: { now: () => now } });

async function run(memory?: JsonObject, given: JsonObject = {}): Promise<StepAnswer> {
  return deployer().run(request(given, memory === undefined ? {} : { memory }));
}

async function polled(memory?: JsonObject, given: JsonObject = {}): Promise<JsonObject> {
  const answer = await run(memory, given);
  if (answer.kind !== 'poll') throw new Error(`It answered ${JSON.stringify(answer)}.`);
  return answer.memory;
}

beforeEach(async () => {
  commands = [];
  online = ids;
  ends = {};
  now = 1_795_168_800_000;
  aws = await startAwsJson({
    DescribeInstanceInformation: () => ({
      InstanceInformationList: [
        ...online.map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })),
        { InstanceId: 'i-0000000f', PingStatus: 'ConnectionLost' },
      ],
    }),
    SendCommand: ({ Comment, InstanceIds }) => {
      const machines = Array.isArray(InstanceIds) ? InstanceIds.map(String) : [];
      const Command = { CommandId: `command-${commands.length + 1}`, Comment, InstanceIds: machines };
      commands.push(Command);
      return { Command };
    },
    ListCommands: () => ({ Commands: commands }),
    ListCommandInvocations: ({ CommandId }) => ({
      CommandInvocations: commands
        .filter((command) => command.CommandId === CommandId)
        .flatMap(({ InstanceIds }) => InstanceIds)
        .flatMap((InstanceId) =>
          ends[InstanceId] === undefined ? [] : [{ CommandId, InstanceId, ...ends[InstanceId] }],
        ),
    }),
    CancelCommand: () => ({}),
  });
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  ssm = new SSMClient({ endpoint: aws.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
});
afterEach(async () => {
  ssm.destroy();
  await aws.close();
});

describe('the step vm-deploy', () => {
  it('lists the machines, sends one command, and says what all of them have', async () => {
    const chosen = await polled();
    expect(chosen).toEqual({ machines: ids, batch: 0 });
    const sent = await polled(chosen);
    expect(aws.calls('SendCommand')).toMatchObject([
      { DocumentName: 'AWS-RunShellScript', InstanceIds: ids, Parameters: { executionTimeout: ['3600'] } },
    ]);
    expect(JSON.stringify(aws.calls('SendCommand'))).toContain('v7');
    ends = { 'i-0000000a': ended(), 'i-0000000b': { Status: 'InProgress' } };
    expect(await polled(sent)).toEqual(sent);
    ends = { 'i-0000000a': ended(), 'i-0000000b': ended() };
    expect(await polled(sent)).toEqual(sent);
    ends = { 'i-0000000a': ended(), 'i-0000000b': ended(), 'i-0000000c': ended() };
    expect(await run(sent)).toEqual({ kind: 'done', observed: wanted, others: [], artifacts: [] });
  });

  it('finds its own command when the answer, or the process, was lost', async () => {
    const chosen = await polled();
    aws.loseAnswers('SendCommand', 1);
    await expect(run(chosen)).rejects.toMatchObject({ code: 'targetUnavailable', retryable: true });
    expect(await polled(chosen)).toMatchObject({ commandId: 'command-1' });
    expect(await polled(chosen)).toMatchObject({ commandId: 'command-1' });
    expect(commands).toHaveLength(1);
    const other = await deployer().run(request({}, { key: 'shop-2/prod/eu/deploy/1', memory: chosen }));
    expect(other).toMatchObject({ memory: { commandId: 'command-2' } });
  });

  it('goes batch by batch with a pause', async () => {
    const given = { batches: 2, pause: '10m' };
    ends = Object.fromEntries(ids.map((id) => [id, ended()]));
    const sent = await polled(await polled(undefined, given), given);
    const paused = await polled(sent, given);
    expect(paused).toEqual({ machines: ids, batch: 1, resumeAt: now + 600_000 });
    expect(await polled(paused, given)).toEqual(paused);
    expect(commands).toHaveLength(1);
    now += 600_000;
    const second = await polled(paused, given);
    expect(commands.map(({ InstanceIds }) => InstanceIds)).toEqual([ids.slice(0, 2), ids.slice(2)]);
    expect(await run(second, given)).toMatchObject({ kind: 'done', observed: wanted });
  });

  it.each<[string, JsonObject, string, string]>([
    ['its script failed', failed(3, 'disk full'), 'stepFailed', 'i-0000000a: Failed, exit 3: disk full'],
    ['other bytes', failed(65), 'checksumMismatch', 'exit 65'],
    ['cancelled by somebody', { Status: 'Cancelled', StatusDetails: 'Cancelled' }, 'stepFailed', 'Cancelled'],
    ['never heard of it', { Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' }, 'stepFailed', 'DeliveryTimedOut'],
    ['says nothing', { Status: 'Success', CommandPlugins: [] }, 'stepFailed', 'does not say'],
    ['has another file', ended(`sha256:${'b'.repeat(64)}`), 'digestMismatch', 'bbbb'],
  ])('a machine: %s; the batches after it are not begun', async (_name, end, code, says) => {
    const given = { batches: 3 };
    const sent = await polled(await polled(undefined, given), given);
    ends = { 'i-0000000a': end };
    const message = expect.stringContaining(says);
    expect(await run(sent, given)).toMatchObject({ kind: 'failed', code, message });
    expect(commands).toHaveLength(1);
  });

  it.each(['Pending', 'InProgress', 'Delayed', 'Cancelling'])('%s is still under way', async (Status) => {
    const sent = await polled(await polled());
    ends = Object.fromEntries(ids.map((id) => [id, { Status }]));
    expect(await polled(sent)).toEqual(sent);
  });

  it('the first other digest is the one observed', async () => {
    const sent = await polled(await polled());
    const other = `sha256:${'b'.repeat(64)}`;
    ends = { 'i-0000000a': ended(), 'i-0000000b': ended(other), 'i-0000000c': ended(other) };
    expect(await run(sent)).toMatchObject({ code: 'digestMismatch', observed: other });
  });

  it('with no machine there is nothing to deploy to', async () => {
    online = [];
    expect(await run()).toMatchObject({ kind: 'failed', code: 'nothingRuns' });
  });

  it('a machine that is named must be there', async () => {
    await expect(run(undefined, { machines: `${ids[0]}, i-0000000e` })).rejects.toMatchObject({
      code: 'targetNotFound',
      message: expect.stringContaining('i-0000000e'),
    });
  });

  it('cancels the command that is under way, also one whose answer was lost', async () => {
    await deployer().cancel?.(request());
    const chosen = await polled();
    await deployer().cancel?.(request({}, { memory: chosen }));
    expect(aws.calls('CancelCommand')).toEqual([]);
    await polled(chosen);
    await deployer().cancel?.(request({}, { memory: chosen }));
    expect(aws.calls('CancelCommand')).toEqual([{ CommandId: 'command-1' }]);
  });

  it.each<[string, JsonObject, Partial<Artifact>, string]>([
    ['an unknown input', { force: true }, {}, 'invalidInput'],
    ['a path upwards', { downloadPath: '/opt/../etc/passwd' }, {}, 'invalidInput'],
    ['a folder', { downloadPath: '/opt/' }, {}, 'invalidInput'],
    ['an option for a user', { user: '-x' }, {}, 'invalidInput'],
    ['a group of machines', { machines: 'web' }, {}, 'invalidInput'],
    ['a text for the artifact', { artifact: 's3://pkgs/other.tgz' }, {}, 'invalidInput'],
    ['pauses of hours', { batches: 20, pause: '10m' }, {}, 'invalidInput'],
    ['no known sum', {}, { metadata: {} }, 'digestRequired'],
    ['an image', {}, { type: 'docker/image' }, 'invalidInput'],
    ['content of ours', {}, { type: 'remote/base64' }, 'invalidInput'],
  ])('%s: refused, nothing asked', async (_name, given, artifact, code) => {
    const changed = { ...file, ...artifact };
    if (changed.type === 'remote/base64') Object.assign(changed, { reference: 'ref://shop/abc' });
    const refused = request({ artifact: changed.reference, ...given }, { artifacts: [changed] });
    await expect(deployer().run(refused)).rejects.toMatchObject({ code, retryable: false });
    expect(aws.calls('DescribeInstanceInformation')).toEqual([]);
  });
});

describe('batches', () => {
  it.each([
    [1, 1, [1]],
    [3, 2, [2, 1]],
    [3, 20, [1, 1, 1]],
    [10, 4, [3, 2, 3, 2]],
    [101, 1, [34, 33, 34]],
  ])('%i machines in %i', (count, batches, sizes) => {
    const machines = Array.from({ length: count }, (_, index) => `i-${index}`);
    const made = batchesOf(machines, batches);
    expect(made.map(({ length }) => length)).toEqual(sizes);
    expect(made.flat()).toEqual(machines);
  });
});

describe('machines', () => {
  it.each<[string, unknown]>([
    [
      'i-0123456789abcdef0, mi-0123456789abcdef0',
      { kind: 'ids', ids: ['i-0123456789abcdef0', 'mi-0123456789abcdef0'] },
    ],
    [
      'tag:App=shop,tag:Env=a=b,tag:App=blog',
      {
        kind: 'tags',
        tags: new Map([
          ['App', ['shop', 'blog']],
          ['Env', ['a=b']],
        ]),
      },
    ],
    ['tag:App=shop, i-0123456789abcdef0', undefined],
    ['tag:App', undefined],
    ['tag:=x', undefined],
    [' , ', undefined],
    ['web', undefined],
  ])('%s', (text, choice) => {
    expect(parseMachines(text)).toEqual(choice);
  });
});
