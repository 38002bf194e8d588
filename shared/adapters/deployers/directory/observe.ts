import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileRecord } from './release-record.ts';

/** Differences named in a message. */
const maxDifferences = 20;

/**
 * What is different on disk, as `changed x`, `missing x`, `extra x`; none = every byte, mode and link is as recorded. Links are
 * never followed. Stops after 20.
 */
export async function findDifferences(folder: string, files: readonly FileRecord[]): Promise<readonly string[]> {
  const differences: string[] = [];
  const names = new Map<string, Set<string>>([['', new Set()]]);
  for (const { path } of files) {
    const cut = path.lastIndexOf('/');
    const parent = cut < 0 ? '' : path.slice(0, cut);
    names.set(parent, (names.get(parent) ?? new Set()).add(path.slice(cut + 1)));
  }
  for (const record of [{ kind: 'directory', path: '', mode: undefined } as const, ...files]) {
    if (differences.length >= maxDifferences) break;
    const said = await compare(join(folder, record.path), record);
    if (said !== undefined) differences.push(`${said} ${record.path === '' ? 'the release itself' : record.path}`);
    else if (record.kind === 'directory') {
      const extra = await extraNames(join(folder, record.path), names.get(record.path) ?? new Set());
      differences.push(...extra.map((name) => `extra ${record.path === '' ? name : `${record.path}/${name}`}`));
    }
  }
  return differences.slice(0, maxDifferences);
}

async function compare(
  path: string,
  record: FileRecord | { readonly kind: 'directory'; readonly mode: undefined },
): Promise<'missing' | 'changed' | undefined> {
  const found = await ifThere(lstat(path));
  if (found === undefined) return 'missing';
  const mode = found.mode & 0o7777;
  switch (record.kind) {
    case 'directory':
      return found.isDirectory() && (record.mode === undefined || mode === record.mode) ? undefined : 'changed';
    case 'symlink':
      return found.isSymbolicLink() && (await readlink(path)) === record.target ? undefined : 'changed';
    case 'file': {
      const alike = found.isFile() && mode === record.mode && found.size === record.size;
      return alike && (await hashFile(path)) === record.sha256 ? undefined : 'changed';
    }
  }
}

async function extraNames(folder: string, known: ReadonlySet<string>): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !known.has(name)).slice(0, maxDifferences);
}

/** undefined if it became a link or went away since it was looked at. */
async function hashFile(path: string): Promise<string | undefined> {
  const handle = await ifThere(open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  if (handle === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ highWaterMark: 256 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
}
