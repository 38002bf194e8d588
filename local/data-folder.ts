import { randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { findFile, readOrCreateFile, writeWholeFile } from './whole-file.ts';

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  /** Another process may then have it. */
  close(): void;
}

/**
 * Makes the folder (mode 0700) and holds it for this process alone, or throws an error that names the process which has it.
 * The hold is a lock of the operating system on `owner.db`: it ends with the process, however that ends.
 */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const path = resolve(folder);
  await makeFolder(path).catch((cause: unknown) => {
    throw new Error(`The data folder ${path} cannot be made. Set WAYBILL_DATA_DIR to a folder you may write.`, {
      cause,
    });
  });
  const database = await lock(path);
  await writeWholeFile(join(path, 'owner.pid'), `${process.pid}\n`);
  return { path, close: () => database.close() };
}

/** Level by level: Node's own recursion never ends below a folder like /proc, which is there and has room for nothing. */
async function makeFolder(path: string): Promise<void> {
  const made = await makeLevel(path);
  if (made !== 'noParent') return;
  await makeFolder(dirname(path));
  if ((await makeLevel(path)) === 'noParent') throw new Error(`Nothing can be made in ${dirname(path)}.`);
}

async function makeLevel(path: string): Promise<'made' | 'noParent'> {
  try {
    await mkdir(path, { mode: 0o700 });
    return 'made';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' && dirname(path) !== path) return 'noParent';
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return 'made';
    throw error;
  }
}

async function lock(path: string): Promise<DatabaseSync> {
  const database = new DatabaseSync(join(path, 'owner.db'));
  try {
    // Taken at once and never ended: an exclusive transaction writes nothing, it only keeps everyone else out.
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw new Error(`The data folder ${path} cannot be locked.`, { cause });
    const pid = (await findFile(join(path, 'owner.pid')))?.toString('utf8').trim() ?? 'unknown';
    throw new Error(`The data folder ${path} is in use by process ${pid}. Stop it, or set WAYBILL_DATA_DIR.`, {
      cause,
    });
  }
}

/** https://www.sqlite.org/rescode.html#busy */
const sqliteBusy = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}

/** The admin token of a folder, made once: 256 random bits as text, in `admin-token` of mode 0600. */
export async function readAdminToken(folder: string): Promise<string> {
  const text = await readOrCreateFile(join(folder, 'admin-token'), () => `${randomBytes(32).toString('base64url')}\n`);
  const token = text.trim();
  if (token === '') throw new Error(`${join(folder, 'admin-token')} is empty. Remove it, and a new one is made.`);
  return token;
}
