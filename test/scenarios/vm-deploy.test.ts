import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVmDeployer } from '../../shared/adapters/deployers/vm-deploy/vm-deploy.ts';
import { recordArtifact } from '../../shared/flows/record-artifact.ts';
import { type AwsJson, startAwsJson } from '../fixtures/aws-json.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { readProof } from '../fixtures/read-proof.ts';
import { createScenario, type Scenario } from '../fixtures/scenario.ts';

const missing = ['sha256sum', 'flock'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
if (missing.length > 0) console.log(`skipped: vm-deploy from a push to its proof: no ${missing.join(', ')}`);

const tables = useEmbeddedTables();
const name = 's3://packages/shop.tgz';
const ids = ['i-0000000a', 'i-0000000b', 'i-0000000c'];
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
/** Where the bucket's bytes are the version's name: what the fake CLI fetches. */
const digestOf = (version: string) => `sha256:${sha256(version)}`;

/** What a machine has of the AWS CLI: the object's bytes are its version, or what the bucket was made to give instead. */
const fakeAws = `#!/bin/sh
for last in "$@"; do :; done
if [ -f "$BUCKET" ]; then cat "$BUCKET" > "$last"
else printf %s "$4" | sed 's/.*"VersionId":"\\([^"]*\\)".*/\\1/' | tr -d '\\n' > "$last"; fi
`;

let folder = '';
let aws: AwsJson;
let ssm: SSMClient;
let world: Scenario;
let ended: Map<string, object>;

/** Runs a command as the agents of its machines would; what is below / on a machine is in a folder of its name. */
function runOn(machine: string, script: string): object {
  const root = join(folder, machine);
  mkdirSync(root, { recursive: true });
  const own = script.replaceAll("'/opt/", `'${root}/opt/`).replaceAll("'/var/lib/waybill'", `'${root}/notes'`);
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, BUCKET: join(folder, 'bucket') };
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', own], { env, encoding: 'utf8' });
  const Output = `${stdout}${stderr === '' ? '' : `\n----------ERROR-------\n${stderr}`}`;
  const plugin = { Name: 'aws:runShellScript', ResponseCode: status, Output };
  const Status = status === 0 ? 'Success' : 'Failed';
  return { InstanceId: machine, Status, StatusDetails: Status, CommandPlugins: [plugin] };
}

async function startSystemsManager(): Promise<AwsJson> {
  const commands: { readonly CommandId: string; readonly Comment: unknown }[] = [];
  return startAwsJson({
    DescribeInstanceInformation: () => ({
      InstanceInformationList: ids.map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })),
    }),
    SendCommand: ({ Comment, InstanceIds, Parameters }) => {
      const [script] = JSON.parse(JSON.stringify(Parameters)).commands;
      const Command = { CommandId: `command-${commands.length + 1}`, Comment };
      commands.push(Command);
      for (const machine of Array.isArray(InstanceIds) ? InstanceIds.map(String) : []) {
        ended.set(`${Command.CommandId} ${machine}`, runOn(machine, script));
      }
      return { Command };
    },
    ListCommands: () => ({ Commands: commands }),
    ListCommandInvocations: ({ CommandId }) => ({
      CommandInvocations: [...ended].filter(([key]) => key.startsWith(`${CommandId} `)).map(([, end]) => end),
    }),
    CancelCommand: () => ({}),
  });
}

async function pushed(version: string, run: string): Promise<string> {
  const steps = {
    go: {
      step: 'vm-deploy',
      with: {
        ...{ artifact: '$[sources.package]', machines: 'tag:App=shop', downloadPath: '/opt/shop/shop.tgz' },
        ...{ user: userInfo().username, run, batches: 3, pause: '10m' },
      },
    },
  };
  await world.put({
    name: 'shop',
    sources: { package: { type: 'artifact', artifactType: 's3/object', name } },
    stages: { prod: { environment: 'production', steps } },
  });
  const input = { type: 's3/object', name, version, reference: name, metadata: { sha256: sha256(version) } };
  await recordArtifact(world.ports, { caller: world.admin, input });
  for (let minutes = 0; minutes < 60; minutes += 5) {
    await world.settle();
    world.pass(300_000);
  }
  return (await world.executions('shop')).at(-1) ?? '';
}

const fileOf = (machine: string) => join(folder, machine, 'opt', 'shop', 'shop.tgz');
const heads = async () => (await world.headOf('production')).map(([, digest]) => digest);

describe.skipIf(missing.length > 0)('a file, from its push to the proof', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'waybill-machines-'));
    writeFileSync(join(folder, 'aws'), fakeAws);
    chmodSync(join(folder, 'aws'), 0o755);
    ended = new Map();
    aws = await startSystemsManager();
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    ssm = new SSMClient({ endpoint: aws.url, region: 'eu-west-1', credentials, maxAttempts: 1 });
    const clock = { now: () => world.ports.clock.now() };
    const step = createVmDeployer({ client: async () => ssm, clock });
    world = await createScenario(tables, { deployers: { 'vm-deploy': step } });
  });
  afterEach(async () => {
    await world.close();
    ssm.destroy();
    await aws.close();
    rmSync(folder, { recursive: true });
  });

  it('every machine has it, ran the script and said its sum, which the proof says and the head is', async () => {
    const run = 'printf "%s %s\\n" "$WAYBILL_EXECUTION" "$WAYBILL_DIGEST" >> "$WAYBILL_FILE.said"';
    const id = await pushed('v1', run);
    expect(await world.faults(id)).toEqual({});
    expect(await world.status(id)).toBe('succeeded');
    expect(aws.calls('SendCommand').map(({ InstanceIds }) => InstanceIds)).toEqual(ids.map((machine) => [machine]));
    for (const machine of ids) {
      expect(readFileSync(fileOf(machine), 'utf8')).toBe('v1');
      expect(readFileSync(`${fileOf(machine)}.said`, 'utf8')).toBe(`${id} ${digestOf('v1')}\n`);
    }
    expect(await heads()).toEqual([digestOf('v1')]);
    const statement = readProof(await world.ports.executions.proof(id, 1));
    expect(statement.predicate.environments).toMatchObject([
      { name: 'production', wanted: digestOf('v1'), observed: digestOf('v1') },
    ]);
    expect(statement.subject).toMatchObject([{ digest: { sha256: sha256('v1') } }]);
    const next = await pushed('v2', run);
    expect(await world.status(next)).toBe('succeeded');
    expect(await heads()).toEqual([digestOf('v2')]);
  });

  it.each<[string, string, () => void, string, string | undefined]>([
    [
      'a bucket with other bytes',
      'true',
      () => writeFileSync(join(folder, 'bucket'), 'evil'),
      'checksumMismatch',
      undefined,
    ],
    ['a script that changes the file', 'printf x >> "$WAYBILL_FILE"', () => {}, 'digestMismatch', 'v2x'],
    ['a script that fails', 'exit 3', () => {}, 'stepFailed', 'v2'],
  ])(
    '%s: the first machine ends it, the others and the head stay as they were',
    async (_name, run, spoil, code, has) => {
      await pushed('v1', 'true');
      spoil();
      const id = await pushed('v2', run);
      expect(await world.faults(id)).toMatchObject({ 'prod/main/go': code });
      expect(await heads()).toEqual([digestOf('v1')]);
      expect(ids.map((machine) => readFileSync(fileOf(machine), 'utf8'))).toEqual([has ?? 'v1', 'v1', 'v1']);
      expect(await world.ports.executions.proof(id, 1)).toBeUndefined();
      expect(existsSync(join(folder, ids[0] ?? '', 'notes'))).toBe(true);
    },
  );
});
