import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Digest, isDigest } from '../../shared/domain/digest.ts';
import { createTurns } from '../../shared/domain/in-turn.ts';
import type { Clock, Log, Randomness } from '../../shared/ports/clock.ts';
import { type Disk, namesIn, readIfThere } from './disk.ts';
import type { ManifestReading } from './manifest.ts';
import { type Storage, sha256Digest } from './storage.ts';

/** A manifest that the embedded registry took. */
export interface Push {
  /** The same for the same push, also when it is told again after a crash. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  /** Without host. */
  readonly repository: string;
  /** Absent when it was pushed by digest alone, as the children of an index are. */
  readonly tag?: string;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Token subject; absent without login. */
  readonly actor?: string;
}

export interface PushOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly onPush: (push: Push) => Promise<void>;
}

export interface PushRequest {
  readonly repository: string;
  readonly tag?: string;
  readonly bytes: Uint8Array;
  readonly reading: Extract<ManifestReading, { kind: 'ok' }>;
  readonly actor?: string;
}

export interface Pushes {
  /** Stores, tags and tells; when it has returned, `onPush` has too. The references have been checked. */
  take(request: PushRequest): Promise<Digest>;
  /** Tells what an earlier process took but did not get to tell. */
  tellPending(): Promise<void>;
}

const storedPush = z.object({
  id: z.string(),
  at: z.number(),
  repository: z.string(),
  tag: z.string().optional(),
  digest: z.string().refine(isDigest),
  mediaType: z.string(),
  actor: z.string().optional(),
});

/**
 * The note in `pushes/` is written before the tag moves and removed after `onPush` returned. So a process that dies in between
 * leaves no tag that moved without an event.
 */
export function createPushes(options: PushOptions): Pushes {
  const { storage, disk, folder } = options;
  const inTurn = createTurns();
  const note = (id: string) => join(folder, `${id}.json`);

  async function tell(push: Push): Promise<void> {
    await options.onPush(push);
    await rm(note(push.id), { force: true });
  }

  async function tellAgain(file: string): Promise<void> {
    const text = await readIfThere(file);
    if (text === undefined) return;
    const push = storedPush.parse(JSON.parse(Buffer.from(text).toString()));
    const { repository, tag, digest } = push;
    // The tag is elsewhere: the process died before it moved, or a later push moved it on. Neither pusher of this was told of success.
    const stands = tag === undefined || (await storage.tag(repository, tag)) === digest;
    if (stands) await tell(push);
    else await rm(file, { force: true });
  }

  return {
    // One tag at a time: events come in the order in which the tag moved.
    take: (request) =>
      inTurn(`${request.repository}:${request.tag ?? ''}`, async () => {
        const digest = sha256Digest(request.bytes);
        await storeManifest(storage, request, digest);
        const at = options.clock.now();
        const id = `${String(at).padStart(15, '0')}-${options.randomness.hex(8)}`;
        const { repository, tag, actor } = request;
        const push: Push = { id, at, repository, tag, digest, mediaType: request.reading.mediaType, actor };
        await disk.write(note(id), JSON.stringify(push));
        if (tag !== undefined) await storage.setTag(repository, tag, digest);
        await tell(push);
        return digest;
      }),

    async tellPending() {
      for (const name of await namesIn(folder)) {
        try {
          await tellAgain(join(folder, name));
        } catch (error) {
          options.log.error('push could not be told, it is kept for the next start', {
            file: name,
            error: String(error),
          });
        }
      }
    },
  };
}

async function storeManifest(storage: Storage, request: PushRequest, digest: Digest): Promise<void> {
  const { repository, bytes, reading } = request;
  const { mediaType, subject, artifactType, annotations } = reading;
  await storage.storeManifest(repository, { digest, mediaType, size: bytes.byteLength }, bytes);
  if (subject === undefined) return;
  await storage.addReferrer(repository, subject, {
    mediaType,
    digest,
    size: bytes.byteLength,
    artifactType,
    annotations,
  });
}
