import { join } from 'node:path';
import type { Log } from '../shared/ports/clock.ts';
import { createLog } from '../shared/runtime/log.ts';
import { createLineWriter } from './line-writer.ts';
import type { Service } from './service.ts';
import { readSettings, type Settings } from './settings.ts';

/** The service on one machine. Standard output is for people: where it is, and `ready`; the log goes to standard error. */
async function main(): Promise<void> {
  const read = readSettings(process.env);
  if (read.kind === 'invalid') return fail(read.faults);
  const { settings } = read;
  const lines = createLineWriter((text) => process.stderr.write(text));
  process.on('exit', lines.flush);
  const log = createLog({ level: settings.logLevel, write: lines.write, now: () => Date.now() });
  guardProcess(log);
  const stop = stopOnSignals();
  try {
    // Loaded only now: a configuration error is answered at once.
    const { startService } = await import('./service.ts');
    const service = await startService({ settings, log, onFatal: (message) => fail([message]) });
    stop.from(service);
    announce(service, settings);
  } catch (error) {
    log.error('the service did not start', { error });
    fail([error instanceof Error ? error.message : String(error)]);
  }
}

/** What nobody caught is logged and ends the service; who read our output and has gone is no reason to go too. */
function guardProcess(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.error('uncaught', { error });
    fail(['An unexpected fault ended the service, its log says more. Start it again: what was accepted is not lost.']);
  });
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** One line each, and no half-started process left behind. */
function fail(messages: readonly string[]): void {
  for (const message of messages) process.stderr.write(`waybill: ${message}\n`);
  process.exit(1);
}

function announce({ url }: Service, settings: Settings): void {
  const lines = [`Waybill       ${url}/`, `API           ${url}/v1`, `OCI registry  ${url}/v2/`];
  if (settings.access.adminToken === undefined) {
    lines.push(`Admin token   in ${join(settings.dataDir, 'admin-token')}`);
  }
  process.stdout.write(`${lines.join('\n')}\nready\n`);
}

/** The first SIGTERM or SIGINT drains and exits 0; more of them change nothing. One that comes during the start waits for it. */
function stopOnSignals(): { from(service: Service): void } {
  let service: Service | undefined;
  let asked = false;
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (!asked || stopping || service === undefined) return;
    stopping = true;
    await service.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      asked = true;
      void stop();
    });
  }
  return {
    from(started) {
      service = started;
      void stop();
    },
  };
}

await main();
