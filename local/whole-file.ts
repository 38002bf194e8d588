import { randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../shared/domain/failure.ts';

/**
 * Writes a file of mode 0600 that is there whole or not at all, also after a crash: written beside, synced, then renamed over
 * what was there. Folders are made. A full disk is Failure storageFull and leaves nothing behind.
 */
export async function writeWholeFile(
  path: string,
  body: Uint8Array | string,
  /** Where it is written first; on the same file system. Default: beside it. */
  options: { readonly unfinished?: string } = {},
): Promise<void> {
  await placeFile(path, body, { unfinished: options.unfinished, place: rename });
}

/** The same if there is no such file yet; else nothing happens. Of several at once, one wins whole. */
async function createWholeFile(path: string, body: Uint8Array | string): Promise<void> {
  await placeFile(path, body, { place: linkOnce });
}

async function linkOnce(temporary: string, path: string): Promise<void> {
  await link(temporary, path).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  await rm(temporary);
}

/** Undefined if there is no such file. */
export async function findFile(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}

/** The text that is there, or what `make` gives, kept from then on: keys and tokens that are made once. */
export async function readOrCreateFile(path: string, make: () => Promise<string> | string): Promise<string> {
  const present = await findFile(path);
  if (present !== undefined) return present.toString('utf8');
  await createWholeFile(path, await make());
  return readFile(path, 'utf8');
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

interface Placing {
  readonly unfinished?: string | undefined;
  readonly place: (temporary: string, path: string) => Promise<void>;
}

async function placeFile(path: string, body: Uint8Array | string, { unfinished, place }: Placing): Promise<void> {
  const folder = dirname(path);
  const temporary = join(unfinished ?? folder, `.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await mkdir(dirname(temporary), { recursive: true, mode: 0o700 });
    await withFile(temporary, 'wx', async (file) => {
      await file.writeFile(body);
      await file.sync();
    });
    await place(temporary, path);
    await withFile(folder, 'r', (file) => file.sync());
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskFailure(error);
  }
}

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

function diskFailure(error: unknown): unknown {
  if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EDQUOT')) return error;
  return new Failure('storageFull', 'The disk of the data folder is full. Free some space.', { cause: error });
}
