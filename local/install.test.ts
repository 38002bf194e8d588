import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const base = mkdtempSync(join(tmpdir(), 'waybill-install-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let checkouts = 0;

/** A checkout with an npm that notes how it was called. */
function checkout(npmStatus = 0) {
  checkouts += 1;
  const root = join(base, String(checkouts));
  for (const folder of ['local', 'bin']) mkdirSync(join(root, folder), { recursive: true });
  cpSync(join(import.meta.dirname, 'install.mjs'), join(root, 'local/install.mjs'));
  const lock = join(root, 'package-lock.json');
  writeFileSync(lock, '{}');
  utimesSync(lock, 1_000, 1_000);
  const npm = join(root, 'bin/npm');
  writeFileSync(npm, `#!/bin/sh\necho "$@" >> calls\necho npm says\nmkdir -p node_modules\nexit ${npmStatus}\n`);
  chmodSync(npm, 0o755);
  const run = () => {
    const env = { PATH: `${join(root, 'bin')}:${process.env.PATH}` };
    return spawnSync(process.execPath, ['local/install.mjs'], { cwd: root, env, encoding: 'utf8' });
  };
  const calls = () => (existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8') : '');
  return { root, lock, run, calls };
}

describe('install', () => {
  it('installs once, and again when the lock file changes', () => {
    const { lock, run, calls } = checkout();
    const first = run();
    expect([first.status, first.stdout]).toEqual([0, '']);
    expect(first.stderr).toContain('npm says');
    expect(run().stderr).toBe('');
    expect(calls()).toBe('ci --no-audit --no-fund --loglevel=error\n');
    writeFileSync(lock, '{"changed":true}');
    run();
    expect(calls().split('\n')).toHaveLength(3);
  });

  it('leaves alone what somebody installed by hand', () => {
    const { root, run, calls } = checkout();
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}');
    expect(run().status).toBe(0);
    expect(calls()).toBe('');
  });

  it('does not believe an installation that is older than the lock file', () => {
    const { root, run, calls } = checkout();
    mkdirSync(join(root, 'node_modules'));
    const note = join(root, 'node_modules/.package-lock.json');
    writeFileSync(note, '{}');
    utimesSync(note, 999, 999);
    run();
    expect(calls()).toBe('ci --no-audit --no-fund --loglevel=error\n');
  });

  it('says what to do when npm fails, and tries again next time', () => {
    const { run, calls } = checkout(7);
    const failed = run();
    expect([failed.status, failed.stdout]).toEqual([7, '']);
    expect(failed.stderr).toMatch(/could not be installed.*registry/);
    run();
    expect(calls().split('\n')).toHaveLength(3);
  });
});
