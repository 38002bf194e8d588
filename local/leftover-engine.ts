import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const endWithinMs = 5_000;

/**
 * Ends engines that an earlier run left behind on the same database: found in /proc by program and database path, so that a
 * run which died before it could note anything leaves nothing that is not found. The caller holds the data folder: nobody
 * else's engine can be meant.
 */
export async function endLeftovers(program: string, dbPath: string): Promise<void> {
  for (const pid of await findLeftovers(program, dbPath)) {
    kill(pid);
    const until = Date.now() + endWithinMs;
    while ((await runsOn(pid, program, dbPath)) && Date.now() < until) {
      await new Promise((next) => setTimeout(next, 5));
    }
  }
}

async function findLeftovers(program: string, dbPath: string): Promise<readonly number[]> {
  // No /proc: a platform without the native engine.
  const entries = await readdir('/proc').catch((): string[] => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await runsOn(pid, program, dbPath)) ? [pid] : [])));
  return found.flat();
}

async function runsOn(pid: number, program: string, dbPath: string): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const args = commandLine.split('\0');
  return args.some((arg) => basename(arg) === program) && args.includes(dbPath);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
