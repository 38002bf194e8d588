import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Failure } from '../../shared/domain/failure.ts';
import type { Clock, Log, Randomness } from '../../shared/ports/clock.ts';
import type { RegistryClient } from '../../shared/ports/registry-client.ts';
import type { RegistryAccess } from './access.ts';
import { type Answer, jsonAnswer, refuse, send } from './answers.ts';
import { answerBlob } from './blob-routes.ts';
import type { AllowedAccess, Call, RegistryParts } from './call.ts';
import { createEmbeddedClient } from './client.ts';
import { createDisk, isErrno } from './disk.ts';
import { answerReferrers, answerTags } from './list-routes.ts';
import { answerManifest } from './manifest-routes.ts';
import { createPushes, type Push } from './pushes.ts';
import { parseRoute, type Route } from './routes.ts';
import { createStorage, prepareFolders } from './storage.ts';
import { answerUpload, startUpload } from './upload-routes.ts';
import { createUploads } from './uploads.ts';

export interface RegistryLimits {
  /** Default 10 GiB. */
  readonly blobBytes: number;
  /** Default 4 MiB, what the distribution specification asks of registries. */
  readonly manifestBytes: number;
  /** Open uploads at a time; default 128. */
  readonly uploads: number;
}

export interface RegistryOptions {
  /** Owned by this process alone. */
  readonly folder: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Awaited before a manifest's 201. What it throws is answered 503, and the push is told again at the next start. */
  readonly onPush: (push: Push) => Promise<void>;
  readonly limits?: Partial<RegistryLimits>;
  /** Opens files for writing; tests put a full disk here. */
  readonly open?: (path: string, flags: string) => Promise<FileHandle>;
}

export interface Registry {
  /** Before the first request: makes folders, removes what an earlier process left half done, tells pushes it did not get to tell. */
  start(): Promise<void>;
  /** Every request below `/v2`. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, access: RegistryAccess): Promise<void>;
  /** The same registry in process, host `registry.local`. */
  readonly client: RegistryClient;
}

export function createRegistry(options: RegistryOptions): Registry {
  const { folder, clock, randomness, log } = options;
  const limits = { blobBytes: 10 * 1024 ** 3, manifestBytes: 4 * 1024 ** 2, uploads: 128, ...options.limits };
  const disk = createDisk({ temp: join(folder, 'temp'), randomness, open: options.open });
  const storage = createStorage(folder, disk);
  const uploads = createUploads({ folder: join(folder, 'uploads'), disk, storage, clock, randomness, limits });
  const pushes = createPushes({ ...options, folder: join(folder, 'pushes'), disk, storage });
  const parts: RegistryParts = { storage, uploads, pushes, log, manifestBytes: limits.manifestBytes };
  return {
    client: createEmbeddedClient({ storage, uploads, pushes }),
    async start() {
      await prepareFolders(folder);
      await uploads.removeStale();
      await pushes.tellPending();
    },
    async handle(request, response, access) {
      const given = await answerSafely(parts, request, access);
      try {
        await send(request, response, given);
      } catch (error) {
        // The client went away, or the file under a blob did: either way there is nobody left to answer.
        log.info('registry answer was cut off', { error: String(error) });
        response.destroy();
      }
    },
  };
}

async function answerSafely(parts: RegistryParts, request: IncomingMessage, access: RegistryAccess): Promise<Answer> {
  try {
    return await answerRequest(parts, request, access);
  } catch (error) {
    if (request.destroyed && !request.complete) return refuse(400, 'UNKNOWN', 'the request was cut off');
    return refuseFault(parts.log, error);
  }
}

function refuseFault(log: Log, error: unknown): Answer {
  log.error('registry request failed', { error: String(error) });
  if (isErrno(error, 'ENOSPC', 'EDQUOT') || (error instanceof Failure && error.code === 'storageFull')) {
    return refuse(
      507,
      'STORAGE_FULL',
      'the disk of this registry is full; nothing was kept, free space and push again',
    );
  }
  if (error instanceof Failure && error.retryable)
    return refuse(503, 'UNAVAILABLE', error.message, { headers: { 'retry-after': '1' } });
  return refuse(500, 'UNKNOWN', 'an unexpected fault; the service log has it');
}

async function answerRequest(parts: RegistryParts, request: IncomingMessage, access: RegistryAccess): Promise<Answer> {
  if (access.kind === 'unauthorized') {
    return refuse(401, 'UNAUTHORIZED', 'log in with any user name and a token as the password', {
      headers: { 'www-authenticate': 'Basic realm="waybill"' },
    });
  }
  const [path = '', query = ''] = splitOnce(request.url ?? '', '?');
  const route = parseRoute(path);
  const method = request.method ?? 'GET';
  if (route.kind === 'base') return jsonAnswer({});
  if (route.kind === 'unknown') return refuse(404, 'UNSUPPORTED', 'this registry has no such route');
  if (route.kind === 'nameInvalid') {
    return refuse(400, 'NAME_INVALID', `${JSON.stringify(route.name.slice(0, 300))} is not a repository name`);
  }
  const denied = await denyUnlessAllowed(method, route, access);
  return denied ?? dispatch({ request, method, query: new URLSearchParams(query), access, parts }, route);
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Decided before anything is looked up, so that a refusal does not tell what exists. */
async function denyUnlessAllowed(
  method: string,
  route: RepositoryRoute,
  access: AllowedAccess,
): Promise<Answer | undefined> {
  const { repository } = route;
  const reads = (method === 'GET' || method === 'HEAD') && route.kind !== 'upload';
  if (reads ? await access.mayPull(repository) : await access.mayPush(repository)) return undefined;
  const message = `this token may not ${reads ? 'pull from' : 'push to'} ${repository}`;
  return refuse(403, 'DENIED', message);
}

type RepositoryRoute = Extract<Route, { readonly repository: string }>;

function dispatch(call: Call, route: RepositoryRoute): Promise<Answer> {
  switch (route.kind) {
    case 'blob':
      return answerBlob(call, route.repository, route.digest);
    case 'uploads':
      return startUpload(call, route.repository);
    case 'upload':
      return answerUpload(call, route.repository, route.id);
    case 'manifest':
      return answerManifest(call, route.repository, route.reference);
    case 'tags':
      return answerTags(call, route.repository);
    case 'referrers':
      return answerReferrers(call, route.repository, route.digest);
  }
}
