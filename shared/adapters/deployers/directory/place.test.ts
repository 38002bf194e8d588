import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolvePlace } from './place.ts';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'waybill-place-test-')));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('is found by many first deployments at once, while each of them makes it', async () => {
  const deploy = async (root: string, n: number): Promise<string> => {
    // Out of step, so that one looks while another makes.
    for (let turn = 0; turn < n; turn++) await new Promise((next) => setImmediate(next));
    const place = await resolvePlace(`team/app${n % 2}/stage`, [root]);
    await mkdir(place, { recursive: true });
    return place;
  };
  for (let round = 0; round < 100; round++) {
    const root = join(folder, `root${round}`, 'site');
    const places = await Promise.all(Array.from({ length: 16 }, (_, n) => deploy(root, n)));
    expect(new Set(places)).toEqual(new Set(['app0', 'app1'].map((app) => join(root, 'team', app, 'stage'))));
  }
});

it('is in the first root whatever is wrong with the others', async () => {
  expect(await resolvePlace('app', [folder, '/proc/waybill'])).toBe(join(folder, 'app'));
});

it('is not behind a link whose target is missing', async () => {
  await symlink(join(folder, 'nowhere'), join(folder, 'link'));
  await expect(resolvePlace('link/app', [folder])).rejects.toMatchObject({ code: 'pathNotAllowed' });
});
