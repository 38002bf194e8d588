import { createHash, type Hash } from 'node:crypto';
import { mkdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../shared/domain/digest.ts';
import type { Clock, Randomness } from '../../shared/ports/clock.ts';
import { type Disk, namesIn, readIfThere, sizeIfThere, writeAll } from './disk.ts';
import type { Storage } from './storage.ts';

/** An upload under way. `size` counts acknowledged bytes only. */
export interface Upload {
  readonly id: string;
  readonly repository: string;
  readonly size: number;
}

interface Session extends Upload {
  size: number;
  hash: Hash;
  usedAt: number;
  busy: boolean;
}

export type AppendResult =
  | { readonly kind: 'appended'; readonly size: number }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'wrongLength'; readonly got: number }
  | { readonly kind: 'busy' };

export type FinishResult = { readonly kind: 'stored' | 'digestMismatch' | 'busy' };

export interface UploadLimits {
  readonly blobBytes: number;
  /** Open uploads at a time. */
  readonly uploads: number;
}

export interface UploadOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly limits: UploadLimits;
}

export interface Uploads {
  /** undefined = too many are open. */
  start(repository: string): Promise<Upload | undefined>;
  find(repository: string, id: string): Promise<Upload | undefined>;
  /** Appends the whole body or nothing; `length` is what the client announced. Throws what reading or writing threw. */
  append(upload: Upload, body: AsyncIterable<Uint8Array>, length?: number): Promise<AppendResult>;
  /** Ends the upload; only bytes with that digest become a blob of the repository. */
  finish(upload: Upload, digest: Digest): Promise<FinishResult>;
  remove(upload: Upload): Promise<void>;
  /** Removes what nobody went on with for a day. */
  removeStale(): Promise<void>;
}

const staleAfterMs = 24 * 3_600_000;
/** With every place taken, an upload as idle as this gives way. */
const yieldsAfterMs = 15 * 60_000;

export function createUploads(options: UploadOptions): Uploads {
  const { folder, disk, clock, limits } = options;
  const sessions = new Map<string, Session>();
  const dataFile = (id: string) => join(folder, id, 'data');

  async function drop(id: string): Promise<void> {
    sessions.delete(id);
    await rm(join(folder, id), { recursive: true, force: true });
  }

  /** The hash of an upload that began before a restart is computed again from its bytes. */
  async function revive(repository: string, id: string): Promise<Session | undefined> {
    const owner = await readIfThere(join(folder, id, 'repository'));
    const size = await sizeIfThere(dataFile(id));
    if (owner === undefined || size === undefined || Buffer.from(owner).toString() !== repository) return undefined;
    const handle = await disk.open(dataFile(id), 'r');
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream()) hash.update(chunk);
    const known = sessions.get(id);
    if (known !== undefined) return known;
    const session = { id, repository, size, hash, usedAt: clock.now(), busy: false };
    sessions.set(id, session);
    return session;
  }

  async function makeRoom(): Promise<boolean> {
    if (sessions.size < limits.uploads) return true;
    const idle = [...sessions.values()].find((one) => !one.busy && clock.now() - one.usedAt > yieldsAfterMs);
    if (idle === undefined) return false;
    await drop(idle.id);
    return true;
  }

  async function undo(session: Session, before: { readonly size: number; readonly hash: Hash }): Promise<void> {
    if (before.size === 0) return drop(session.id);
    await truncate(dataFile(session.id), before.size);
    session.hash = before.hash;
  }

  return {
    async start(repository) {
      if (!(await makeRoom())) return undefined;
      const id = options.randomness.hex(16);
      const session = { id, repository, size: 0, hash: createHash('sha256'), usedAt: clock.now(), busy: false };
      sessions.set(id, session);
      try {
        await mkdir(join(folder, id), { recursive: true });
        await disk.write(join(folder, id, 'repository'), repository);
        await (await disk.open(dataFile(id), 'wx')).close();
      } catch (error) {
        await drop(id);
        throw error;
      }
      return session;
    },

    async find(repository, id) {
      if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
      const known = sessions.get(id) ?? (await revive(repository, id));
      return known?.repository === repository ? known : undefined;
    },

    async append(upload, body, length) {
      const session = sessions.get(upload.id);
      if (session === undefined || session.busy) return { kind: 'busy' };
      session.busy = true;
      const before = { size: session.size, hash: session.hash.copy() };
      try {
        const result = await receive(session, body, { path: dataFile(session.id), disk, blobBytes: limits.blobBytes });
        if (result.kind === 'appended' && length !== undefined && result.size - before.size !== length) {
          await undo(session, before);
          return { kind: 'wrongLength', got: result.size - before.size };
        }
        if (result.kind === 'appended') session.size = result.size;
        else await drop(session.id);
        return result;
      } catch (error) {
        await undo(session, before);
        throw error;
      } finally {
        session.busy = false;
        session.usedAt = clock.now();
      }
    },

    async finish(upload, digest) {
      const session = sessions.get(upload.id);
      if (session === undefined || session.busy) return { kind: 'busy' };
      session.busy = true;
      try {
        if (`sha256:${session.hash.digest('hex')}` !== digest) return { kind: 'digestMismatch' };
        await options.storage.adoptBlob(session.repository, digest, dataFile(session.id));
        return { kind: 'stored' };
      } finally {
        await drop(session.id);
      }
    },

    remove: (upload) => drop(upload.id),

    async removeStale() {
      for (const id of await namesIn(folder)) {
        const { mtimeMs } = await stat(
          (await sizeIfThere(dataFile(id))) === undefined ? join(folder, id) : dataFile(id),
        );
        if (clock.now() - mtimeMs > staleAfterMs) await drop(id);
      }
    },
  };
}

async function receive(
  session: Session,
  body: AsyncIterable<Uint8Array>,
  to: { readonly path: string; readonly disk: Disk; readonly blobBytes: number },
): Promise<AppendResult> {
  const handle = await to.disk.open(to.path, 'r+');
  let size = session.size;
  try {
    for await (const chunk of body) {
      if (size + chunk.byteLength > to.blobBytes) return { kind: 'tooLarge' };
      await writeAll(handle, chunk, size);
      session.hash.update(chunk);
      size += chunk.byteLength;
    }
  } finally {
    await handle.close();
  }
  return { kind: 'appended', size };
}
