import { rmSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../shared/domain/failure.ts';
import type { BlobStore } from '../shared/ports/access-store.ts';
import { findFile, hasCode, writeWholeFile } from './whole-file.ts';

/**
 * Blobs as files under `folder`, which this process alone has. A file has its name only once it is whole and on the disk;
 * what an earlier process left unfinished is removed.
 */
export function createDiskBlobs(folder: string): BlobStore {
  const unfinished = join(folder, '.unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  return {
    async get(key) {
      return findFile(blobPath(folder, key));
    },
    async put(key, body) {
      const path = blobPath(folder, key);
      if (!(await exists(path))) await writeWholeFile(path, body, { unfinished });
    },
    async remove(key) {
      await rm(blobPath(folder, key), { force: true });
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    },
  );
}

/** Keys are paths of harmless segments: none may lead out of the folder or to an unfinished file. */
function blobPath(folder: string, key: string): string {
  const segments = key.split('/');
  if (key.length > 1_000 || !segments.every((segment) => /^[A-Za-z0-9_][A-Za-z0-9._:@+-]{0,200}$/.test(segment))) {
    throw new Failure('invalidInput', 'A blob key has characters that a file name may not have.');
  }
  return join(folder, ...segments);
}
