import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAwsApi } from '../shared/adapters/aws-api/aws-api.ts';
import { ensureTable } from '../shared/adapters/dynamodb/create-table.ts';
import { createDynamoClient } from '../shared/adapters/dynamodb/dynamo-client.ts';
import { createStores } from '../shared/adapters/dynamodb/stores.ts';
import { createTable } from '../shared/adapters/dynamodb/table.ts';
import { sampleAccount } from '../test/contracts/store-samples.ts';
import { mountTinyDisk } from '../test/fixtures/tiny-disk.ts';
import { createDiskBlobs } from './disk-blobs.ts';
import { type EmbeddedDynamo, startEmbeddedDynamo } from './dynamodb.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const clock = { now: () => 0 };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-engine-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function accountsOf(dynamo: EmbeddedDynamo) {
  const client = createDynamoClient({ endpoint: dynamo.endpoint });
  await ensureTable(client, 'waybill');
  const table = createTable(createAwsApi('dynamodb', { endpoint: dynamo.endpoint }), {
    tableName: 'waybill',
    blobs: createDiskBlobs(join(folder, 'blobs')),
    clock,
  });
  return createStores(table, clock).accounts;
}

/** Pids of engines on a database under this test's folder. */
async function engines(): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return commandLine.includes(folder) && commandLine.includes('--db-path') ? [pid] : [];
    }),
  );
  return found.flat();
}

const hasDynoxide = process.platform === 'linux' && process.arch === 'x64';

describe.each(['dynoxide', 'dynalite'] as const)('%s', (engine) => {
  it.skipIf(engine === 'dynoxide' && !hasDynoxide)('keeps what was stored over a restart', async () => {
    const first = await startEmbeddedDynamo({ folder, log, engine });
    expect(await (await accountsOf(first)).save(sampleAccount())).toMatchObject({ rev: 1 });
    await first.stop();
    const second = await startEmbeddedDynamo({ folder, log, engine });
    expect(await (await accountsOf(second)).find('hub')).toEqual(sampleAccount({ rev: 1 }));
    await second.stop();
  });
});

describe('external engine', () => {
  it('is neither started nor stopped', async () => {
    const dynamo = await startEmbeddedDynamo({ folder, log, endpoint: 'http://127.0.0.1:1' });
    expect(dynamo).toMatchObject({ engine: 'external', endpoint: 'http://127.0.0.1:1' });
    await dynamo.stop();
    const accounts = createStores(
      createTable(createAwsApi('dynamodb', { endpoint: dynamo.endpoint }), {
        tableName: 'waybill',
        blobs: createDiskBlobs(folder),
        clock,
      }),
      clock,
    ).accounts;
    await expect(accounts.find('hub')).rejects.toMatchObject({ code: 'storeUnavailable', retryable: true });
  });
});

describe.skipIf(!hasDynoxide)('native engine', () => {
  it('tells when it ends without being asked, and not when it is', async () => {
    const messages: string[] = [];
    let ended = (_: string) => {};
    const exit = new Promise<string>((done) => {
      ended = done;
    });
    const dynamo = await startEmbeddedDynamo({ folder, log, onExit: (message) => ended(message) });
    const [pid] = await engines();
    process.kill(pid ?? 0, 'SIGKILL');
    expect(await exit).toMatch(/ended \(SIGKILL\)/);
    await dynamo.stop();
    const again = await startEmbeddedDynamo({ folder, log, onExit: (message) => messages.push(message) });
    await again.stop();
    expect(messages).toEqual([]);
    expect(await engines()).toEqual([]);
  });

  it('ends an engine that an earlier run left behind', async () => {
    const exits: string[] = [];
    const leftover = await startEmbeddedDynamo({ folder, log, onExit: (message) => exits.push(message) });
    const before = await engines();
    const dynamo = await startEmbeddedDynamo({ folder, log });
    const after = await engines();
    expect(before).toHaveLength(1);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect(await (await accountsOf(dynamo)).list()).toEqual([]);
    await leftover.stop();
    await dynamo.stop();
  });

  it('dies with its parent, and outlives a signal to the group', async () => {
    const source = `
      const { startEmbeddedDynamo } = await import(${JSON.stringify(new URL('./dynamodb.ts', import.meta.url).href)});
      const log = { info: () => {}, warn: () => {}, error: () => {} };
      process.on('SIGTERM', () => console.log('drain'));
      await startEmbeddedDynamo({ folder: process.argv[1], log });
      console.log('ready');
      setInterval(() => {}, 60_000);
    `;
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', source, folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    process.kill(-(child.pid ?? 0), 'SIGTERM');
    await once(child.stdout, 'data');
    expect(await engines()).toHaveLength(1);
    child.kill('SIGKILL');
    await exited;
    await expect.poll(engines, { timeout: 2_000, interval: 5 }).toEqual([]);
  });

  it('says that the disk is full', async (test) => {
    const disk = mountTinyDisk(1_024);
    if (disk === undefined) return test.skip('this user may not mount a small disk');
    const dynamo = await startEmbeddedDynamo({ folder: join(disk.folder, 'db'), log });
    try {
      const accounts = await accountsOf(dynamo);
      const fill = async () => {
        for (let n = 0; n < 100; n += 1) {
          await accounts.save(sampleAccount({ name: `a${n}`, username: 'x'.repeat(30_000) }));
        }
      };
      await expect(fill()).rejects.toMatchObject({ code: 'storageFull' });
    } finally {
      await dynamo.stop();
      disk.remove();
    }
  });
});
