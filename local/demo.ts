import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectEqual } from './demo/expect.ts';
import { type ServiceProcess, startServiceProcess } from './demo/service-process.ts';
import { tellStory } from './demo/story.ts';
import { createTimeline } from './demo/timeline.ts';

/** What the demo leaves behind if nobody takes it away. */
interface Scene {
  readonly folder: string;
  service?: ServiceProcess;
}

/** The main job in one go, on real bytes; exit code 1 and what was expected at the first thing that is not so. */
async function main(): Promise<void> {
  const scene: Scene = { folder: await mkdtemp(join(tmpdir(), 'waybill-demo-')) };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp(scene).finally(() => process.exit(130)));
  }
  try {
    await play(scene);
  } catch (error) {
    process.stderr.write(`\nNot as expected. ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await cleanUp(scene);
  }
}

async function play(scene: Scene): Promise<void> {
  process.stdout.write('Waybill: a website from a push to production, by its digest\n');
  const timeline = createTimeline(
    (line) => process.stdout.write(line),
    () => performance.now(),
  );
  timeline.chapter('One machine, nothing else installed');
  const adminToken = randomBytes(24).toString('base64url');
  const site = join(scene.folder, 'site');
  const service = await startServiceProcess({ dataDir: join(scene.folder, 'data'), deployRoot: site, adminToken });
  scene.service = service;
  timeline.event(`the service is ready at ${service.url}: API, registry, table, state machine`);
  await tellStory({ url: service.url, adminToken, site, timeline });
  timeline.chapter('The end');
  expectEqual('the exit code of the service', await service.stop(), 0);
  timeline.event('the service has stopped; its folder is being removed');
  process.stdout.write('\nDigest in, digest approved, digest deployed, digest observed: four equal values.\n');
}

async function cleanUp({ folder, service }: Scene): Promise<void> {
  await service?.stop();
  await rm(folder, { recursive: true, force: true });
}

await main();
