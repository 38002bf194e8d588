import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startApprover } from '../fixtures/approver.ts';
import {
  carriedImage,
  complaintsAbout,
  hasEnded,
  isSettled,
  prepareCarriers,
  tryPush,
} from '../fixtures/carried-images.ts';
import { eventually, isAlive } from '../fixtures/process-tree.ts';
import { type RunningService, startService } from '../fixtures/running-service.ts';
import { makeScenarioFolder } from '../fixtures/scenario-folder.ts';
import { startWebhookSink, type WebhookSink } from '../fixtures/webhook-sink.ts';

const all = process.env.WAYBILL_CRASH_ROUNDS !== undefined;
/** To try some places alone. */
const only = process.env.WAYBILL_CRASH_POINTS?.split(',');

/** Calls that leave something behind; what only reads is no place where anything could be lost. */
const effects =
  /\.(save|put|claim|create|add|record|send|start|wake|stop|swap|move|arrive|leave|intend|unintend|remove|accept|next|sign)|^deployers\./;

/** Where it dies when not every place is tried: what was done outside before it was written down. */
const sample = ['deployers.webhook:after'];

interface Scene {
  readonly service: RunningService;
  readonly sink: WebhookSink;
  close(): Promise<void>;
}

async function startScene(env: Readonly<Record<string, string>>): Promise<Scene> {
  const [folder, sink] = await Promise.all([makeScenarioFolder(), startWebhookSink()]);
  const settings = { WAYBILL_OUTBOUND_ALLOW: sink.host, NODE_ENV: 'test' };
  const service = await startService({ dataDir: folder.path, env: { ...settings, ...env } });
  const close = async () => {
    await service.stop();
    await Promise.all([sink.close(), folder.remove()]);
  };
  return { service, sink, close };
}

/** Everything that one image goes through, begun again after the crash wherever it was cut off. */
async function carryThrough({ service, sink }: Scene, restarts: () => Promise<void>): Promise<readonly string[]> {
  const image = carriedImage(1);
  const token = await again(() => prepareCarriers(service, sink), restarts);
  // Long enough after it is asked for the stage to lie down and wait: places in between are to be reached.
  const approver = startApprover(service, { token, delayMs: () => 100 });
  try {
    await again(async () => {
      if (!(await tryPush(service, image))) throw new TypeError('nobody answered');
    }, restarts);
    const ended = await eventually(async () => {
      await restarts();
      return (await hasEnded(service, image)) && (await isSettled(service));
    }, 60_000);
    if (!ended) return [`it did not end in a minute: ${service.output().log.slice(-4_000)}`];
    return [...(await complaintsAbout(service, sink, image)), ...approver.complaints];
  } finally {
    await approver.stop();
  }
}

/** fetch rejects with a TypeError when the other side is gone. */
async function again<T>(act: () => Promise<T>, restarts: () => Promise<void>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    await restarts();
    return again(act, restarts);
  }
}

/** Whatever passes the ports while one image is carried through, in order. */
async function listPoints(): Promise<readonly string[]> {
  const folder = await makeScenarioFolder();
  const file = join(folder.path, 'points');
  const scene = await startScene({ WAYBILL_CRASH_LIST: file });
  expect(await carryThrough(scene, async () => {})).toEqual([]);
  const points = (await readFile(file, 'utf8')).trim().split('\n');
  await Promise.all([scene.close(), folder.remove()]);
  return points;
}

/** Dies there once, is started again without the crash point, and everything ends well. */
async function dieAt(point: string): Promise<readonly string[]> {
  const scene = await startScene({ WAYBILL_CRASH_AT: point });
  const { service } = scene;
  let died = false;
  const complaints = await carryThrough(scene, async () => {
    if (died || isAlive(service.pid)) return;
    died = true;
    await service.restart({ WAYBILL_CRASH_AT: '' });
  }).finally(() => scene.close());
  return died ? complaints : [notDead(point), ...complaints];
}

const tries = 3;

/** What is done only when something else has not come yet is reached in most runs, not in each. */
async function dieThere(point: string): Promise<readonly string[]> {
  for (let nth = 1; ; nth++) {
    const complaints = await dieAt(point);
    const missed = complaints.length === 1 && complaints[0] === notDead(point);
    if (!missed || !point.endsWith(':1') || nth === tries) return complaints;
  }
}

function notDead(point: string): string {
  return `it did not die at ${point}`;
}

const lanes = 3;

/** Tries each point, some at a time; answers what was wrong by point. */
async function dieAtEach(points: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const waiting = [...points];
  const lane = async () => {
    for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
      const complaints = await dieThere(point).catch((error: unknown) => [String(error)]);
      found.set(point, complaints);
      if (all)
        console.log(
          `${found.size} of ${points.length}: ${point}${complaints.length === 0 ? '' : ` ${complaints.join('; ').slice(0, 200)}`}`,
        );
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return found;
}

/** Before every single effect, and after the first and the last of each kind: after one is before the next. */
function pointsOf(calls: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const call of calls.filter((one) => effects.test(one))) counts.set(call, (counts.get(call) ?? 0) + 1);
  return [...counts].flatMap(([call, count]) => [
    ...Array.from({ length: count }, (_, i) => `${call}:before:${i + 1}`),
    ...new Set([`${call}:after:1`, `${call}:after:${count}`]),
  ]);
}

/** How often a call is made may differ by a few from run to run; that it is made at all may not. */
function isMissedRepeat(point: string, complaints: readonly string[]): boolean {
  return !point.endsWith(':1') && complaints.length === 1 && complaints[0] === notDead(point);
}

describe('dying between two effects', () => {
  it.runIf(!all)('ends as if nothing had been, at a sample of places', { timeout: 300_000 }, async () => {
    const found = await dieAtEach(only ?? sample);
    expect([...found].filter(([, complaints]) => complaints.length > 0)).toEqual([]);
  });

  it.runIf(all)('ends as if nothing had been, at every place', { timeout: 1_800_000 }, async () => {
    const points = pointsOf(await listPoints());
    expect(points.length).toBeGreaterThan(100);
    const found = await dieAtEach(points);
    const missed = [...found].filter(([point, complaints]) => isMissedRepeat(point, complaints));
    const wrong = [...found].filter(
      ([point, complaints]) => complaints.length > 0 && !isMissedRepeat(point, complaints),
    );
    console.log(
      `crash points: died at ${points.length - missed.length} places, ${missed.length} were not reached again`,
    );
    expect(wrong).toEqual([]);
    expect(missed.length).toBeLessThan(points.length / 10);
  });
});
