import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder, readAdminToken } from './data-folder.ts';

let folder: string;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'waybill-data-')), 'data');
});

afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true, force: true });
});

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

const holder = `
  const { openDataFolder } = await import(${JSON.stringify(new URL('./data-folder.ts', import.meta.url).href)});
  await openDataFolder(process.argv[1]);
  console.log('held');
  setInterval(() => {}, 60_000);
`;

describe('data folder', () => {
  it('is made for its owner alone', async () => {
    const held = await openDataFolder(folder);
    expect(held.path).toBe(folder);
    expect(await modeOf(folder)).toBe('700');
    held.close();
  });

  it.each(['/proc/waybill', '/proc/a/b', '/dev/null/waybill'])('cannot be %s, and is said so', async (path) => {
    await expect(openDataFolder(path)).rejects.toThrow(`The data folder ${path} cannot be made.`);
  });

  it('is held once, and free again when closed', async () => {
    const held = await openDataFolder(folder);
    await expect(openDataFolder(folder)).rejects.toThrow(`in use by process ${process.pid}`);
    held.close();
    (await openDataFolder(folder)).close();
  });

  it('is free at once when its process is killed', async () => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', holder, folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    await expect(openDataFolder(folder)).rejects.toThrow(`in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await exited;
    (await openDataFolder(folder)).close();
    expect(await readFile(join(folder, 'owner.pid'), 'utf8')).toBe(`${process.pid}\n`);
  });

  it('says so when it cannot be made', async () => {
    await writeFile(join(folder, '..', 'file'), '');
    await expect(openDataFolder(join(folder, '..', 'file', 'data'))).rejects.toThrow(/cannot be made/);
  });
});

describe('admin token', () => {
  it('is made once', async () => {
    const tokens = await Promise.all([1, 2, 3, 4].map(() => readAdminToken(folder)));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^[\w-]{43}$/);
    expect(await readAdminToken(folder)).toBe(tokens[0]);
    expect(await modeOf(join(folder, 'admin-token'))).toBe('600');
  });

  it('is not empty', async () => {
    await openDataFolder(folder).then((held) => held.close());
    await writeFile(join(folder, 'admin-token'), '\n');
    await expect(readAdminToken(folder)).rejects.toThrow(/is empty/);
  });
});
