import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHandler as createApi } from '../functions/api/handler.ts';
import { createHandler as createHooks } from '../functions/receive-webhook/handler.ts';
import { createHandler as createReconcile } from '../functions/reconcile/handler.ts';
import { createHandler as createRetention } from '../functions/retention/handler.ts';
import { createHandler as createSweep } from '../functions/sweep/handler.ts';
import { mayUseRepository } from '../shared/flows/may-use-repository.ts';
import { processDelivery } from '../shared/flows/process-delivery.ts';
import { resumeExecutions } from '../shared/flows/resume-executions.ts';
import { sweepDeliveries } from '../shared/flows/sweep-deliveries.ts';
import { wakeDue } from '../shared/flows/sweep-executions.ts';
import type { Log } from '../shared/ports/clock.ts';
import type { Ports } from '../shared/ports/ports.ts';
import type { AccessSettings } from '../shared/runtime/access-settings.ts';
import { createTokenCheck } from '../shared/runtime/token-check.ts';
import { sweepEveryMs } from './crash-points.ts';
import type { DataFolder } from './data-folder.ts';
import { openDataFolder, readAdminToken } from './data-folder.ts';
import { type EmbeddedDynamo, startEmbeddedDynamo } from './dynamodb.ts';
import { type Doors, type HttpServer, startHttpServer } from './http-server.ts';
import { decideRegistryAccess } from './registry/access.ts';
import type { Settings } from './settings.ts';
import { startTimer, type Timer } from './timers.ts';
import { type Wired, wire } from './wiring.ts';

export interface Service {
  /** Where it listens. */
  readonly url: string;
  /** Drains and stops within 10 s, whatever is still under way. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  readonly settings: Settings;
  readonly log: Log;
  /** The store ended by itself: nothing can be kept any more. */
  readonly onFatal: (message: string) => void;
}

/** Starts everything in the order in which it can fail, each failure a sentence for people; stops what it had started. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const started: Started = {};
  try {
    return await startParts(options, started);
  } catch (error) {
    await stopParts(started);
    throw error;
  }
}

/** What stands so far. */
interface Started {
  folder?: DataFolder;
  server?: HttpServer;
  dynamo?: EmbeddedDynamo;
  wired?: Wired;
  timers?: readonly Timer[];
}

async function startParts({ settings, log, onFatal }: ServiceOptions, started: Started): Promise<Service> {
  const folder = await openDataFolder(settings.dataDir);
  started.folder = folder;
  const server = await startHttpServer({ host: settings.host, port: settings.port, log });
  started.server = server;
  const dynamo = await startEmbeddedDynamo({
    folder: `${folder.path}/dynamodb`,
    log,
    endpoint: settings.dynamoEndpoint,
    onExit: onFatal,
  });
  started.dynamo = dynamo;
  const adminToken = settings.access.adminToken ?? (await readAdminToken(folder.path));
  const publicUrl = settings.publicUrl ?? server.url;
  const ownEngine = dynamo.engine === 'dynoxide';
  const wired = await wire({ settings, dynamoEndpoint: dynamo.endpoint, ownEngine, publicUrl, log });
  started.wired = wired;
  await resume(wired);
  server.open(createDoors(wired, { ...settings.access, adminToken }, settings.host));
  started.timers = startTimers(wired, settings);
  return { url: server.url, stop: () => stopParts(started) };
}

/** Pushes that were taken but not told, machines that were under way, deliveries that were accepted: all go on. */
async function resume({ ports, registry, queue }: Wired): Promise<void> {
  await registry.start();
  const resumed = await resumeExecutions(ports);
  queue.open(async (deliveryId) => {
    await processDelivery(ports, deliveryId);
  });
  // As if it were later: at a start nothing is on its way through the queue yet.
  const { offered } = await sweepDeliveries(ports, ports.clock.now() + 60_000);
  ports.log.info('resumed', { executions: resumed, deliveries: offered });
}

function createDoors({ ports, registry }: Wired, access: AccessSettings, bindAddress: string): Doors {
  const authenticate = createTokenCheck(ports, access);
  const rights = {
    authenticate,
    mayPush: mayUse(ports, 'push'),
    mayPull: mayUse(ports, 'pull'),
  };
  return {
    api: createApi(ports, access),
    hooks: createHooks(ports),
    async registry(request: IncomingMessage, response: ServerResponse) {
      const peerAddress = request.socket.remoteAddress;
      const { headers } = request;
      await registry.handle(
        request,
        response,
        await decideRegistryAccess({ bindAddress, peerAddress, headers }, rights),
      );
    },
  };
}

function mayUse(ports: Ports, right: 'push' | 'pull') {
  return (caller: Parameters<typeof mayUseRepository>[1]['caller'], repository: string) =>
    mayUseRepository(ports, { caller, repository: `registry.local/${repository}`, right });
}

function startTimers({ ports }: Wired, { reconcileEveryMs: everyMs }: Settings): readonly Timer[] {
  const { log, clock } = ports;
  const sweep = createSweep(ports);
  const retention = createRetention(ports, { forMs: 60_000 });
  return [
    startTimer({ name: 'sweep', everyMs: sweepEveryMs(process.env), log }, () => sweep(undefined)),
    startTimer({ name: 'due deliveries', everyMs: 2_000, log }, async () => {
      await sweepDeliveries(ports, clock.now());
    }),
    startTimer({ name: 'due waits', everyMs: 1_000, log }, async () => {
      await wakeDue(ports);
    }),
    startTimer({ name: 'retention', everyMs: 600_000, log }, () => retention(undefined)),
    ...(everyMs === undefined ? [] : [startReconciling(ports, everyMs)]),
  ];
}

/** A minute: what is due is another matter. */
function startReconciling(ports: Ports, everyMs: number): Timer {
  const reconcile = createReconcile(ports, { everyMs });
  return startTimer({ name: 'reconcile', everyMs: 60_000, log: ports.log }, () => reconcile(undefined));
}

/** Requests and tasks under way have this long to end; then they are cut, and the ledger knows how far they came. */
const graceMs = 5_000;
const engineGraceMs = 2_000;

async function stopParts({ timers, server, wired, dynamo, folder }: Started): Promise<void> {
  await within(graceMs, [...(timers ?? []).map((timer) => timer.stop()), server?.close(graceMs), wired?.queue.close()]);
  await within(engineGraceMs, [wired?.engine.drain()]);
  await dynamo?.stop();
  folder?.close();
}

async function within(ms: number, work: readonly (Promise<void> | undefined)[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([Promise.allSettled(work), timeout]);
  clearTimeout(timer);
}
