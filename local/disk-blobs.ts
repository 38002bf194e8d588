import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../shared/domain/failure.ts';
import type { BlobStore } from '../shared/ports/access-store.ts';

/** Blobs as files under `folder`. A file appears under its name only once it is whole and on the disk. */
export function createDiskBlobs(folder: string): BlobStore {
  return {
    async get(key) {
      return absentAsUndefined(readFile(blobPath(folder, key)));
    },
    async put(key, body) {
      const path = blobPath(folder, key);
      if ((await absentAsUndefined(stat(path))) !== undefined) return;
      await writeFileWhole(path, body);
    },
  };
}

/** Writes, syncs and renames; parents are made. A full disk is Failure storageFull and leaves no half file. */
export async function writeFileWhole(path: string, body: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await withFile(temporary, 'wx', async (file) => {
      await file.writeFile(body);
      await file.sync();
    });
    await rename(temporary, path);
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

/** ENOSPC and EDQUOT are storageFull; other faults of the disk stay what they are. */
export function diskFailure(error: unknown): unknown {
  if (!hasCode(error, 'ENOSPC') && !hasCode(error, 'EDQUOT')) return error;
  return new Failure('storageFull', 'The disk of the data folder is full. Free some space.', { cause: error });
}

export async function absentAsUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Keys are paths made of harmless segments: none may lead out of the folder. */
function blobPath(folder: string, key: string): string {
  const segments = key.split('/');
  if (key.length > 1_000 || !segments.every((segment) => /^[A-Za-z0-9_][A-Za-z0-9._@+-]{0,200}$/.test(segment))) {
    throw new Failure('invalidInput', 'A blob key has characters that a file name may not have.');
  }
  return join(folder, ...segments);
}
