import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Randomness } from '../../shared/ports/clock.ts';

/** Files that are whole or absent, whenever the process dies. */
export interface Disk {
  /** Temp name, fsync, rename, fsync of the folder. Replaces what is there. */
  write(path: string, data: Uint8Array | string): Promise<void>;
  /** Moves a finished file to its place, as durably. */
  adopt(from: string, to: string): Promise<void>;
  open(path: string, flags: string): Promise<FileHandle>;
}

export interface DiskOptions {
  /** Folder of half-written files, on the same file system; emptied at start by its owner. */
  readonly temp: string;
  readonly randomness: Randomness;
  /** Tests put a full disk here. */
  readonly open?: (path: string, flags: string) => Promise<FileHandle>;
}

export function createDisk(options: DiskOptions): Disk {
  const openFile = options.open ?? ((path, flags) => open(path, flags, 0o640));
  return {
    open: openFile,
    async write(path, data) {
      const temp = join(options.temp, options.randomness.hex(16));
      try {
        await writeAndSync(await openFile(temp, 'wx'), data);
        await place(temp, path);
      } catch (error) {
        await rm(temp, { force: true });
        throw error;
      }
    },
    async adopt(from, to) {
      const handle = await openFile(from, 'r+');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await place(from, to);
    },
  };
}

async function writeAndSync(handle: FileHandle, data: Uint8Array | string): Promise<void> {
  try {
    await writeAll(handle, typeof data === 'string' ? Buffer.from(data) : data, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A single write may be cut short, e.g. just before the disk is full. */
export async function writeAll(handle: FileHandle, data: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < data.byteLength) {
    const { bytesWritten } = await handle.write(data, done, data.byteLength - done, position + done);
    done += bytesWritten;
  }
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  const folder = await open(dirname(to), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return ifThere(readFile(path));
}

/** Size in bytes, undefined if there is no such file. */
export async function sizeIfThere(path: string): Promise<number | undefined> {
  return (await ifThere(stat(path)))?.size;
}

/** Names in a folder in code unit order; none if there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  const names = (await ifThere(readdir(folder))) ?? [];
  return names.sort();
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
