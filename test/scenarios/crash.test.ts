import { afterAll, expect, it } from 'vitest';
import { type Approver, startApprover } from '../fixtures/approver.ts';
import {
  type CarriedImage,
  carriedImage,
  complaintsAbout,
  hasEnded,
  prepareCarriers,
  tryPush,
} from '../fixtures/carried-images.ts';
import { eventually, killTree } from '../fixtures/process-tree.ts';
import { type RunningService, startService } from '../fixtures/running-service.ts';
import { makeScenarioFolder, type ScenarioFolder } from '../fixtures/scenario-folder.ts';
import { seededRandom } from '../fixtures/seeded-random.ts';
import { startWebhookSink, type WebhookSink } from '../fixtures/webhook-sink.ts';

const rounds = Number(process.env.WAYBILL_CRASH_ROUNDS ?? 1);
const seed = Number(process.env.WAYBILL_CRASH_SEED ?? Date.now() % 1_000_000);
const random = seededRandom(seed);

let folder: ScenarioFolder;
let service: RunningService;
let sink: WebhookSink;
let approver: Approver;
afterAll(async () => {
  await approver?.stop();
  await service?.stop();
  await sink?.close();
  await folder?.remove();
});

const kills = new Map<string, number>();
const readyTimes: number[] = [];

/** What can be seen of an image from outside, in the order in which it comes. */
interface Progress {
  readonly accepted: boolean;
  readonly callsBefore: ReadonlySet<string>;
  readonly approvalsBefore: number;
}

const phases = {
  'while pushing': () => true,
  'before the first call': ({ accepted }: Progress) => accepted,
  'in pre-release': (progress: Progress) => hasCalled(progress, '/careful/pre'),
  'waiting for the approval': ({ approvalsBefore }: Progress) => approver.seen.size > approvalsBefore,
  'after the approval': (progress: Progress) => phases['waiting for the approval'](progress) && isLastGiven(),
  'in production': (progress: Progress) => hasCalled(progress, '/careful/prod'),
} as const;
type Phase = keyof typeof phases;
const phaseNames = Object.keys(phases).filter((name): name is Phase => name in phases);

function hasCalled({ callsBefore }: Progress, path: string): boolean {
  return [...sink.calls].some(([id, call]) => !callsBefore.has(id) && call.path === path);
}

function isLastGiven(): boolean {
  return [...approver.seen.values()].at(-1)?.given === true;
}

/** A kill at a random instant after a phase has begun; some come when it is over, and some when everything is. */
interface Kill {
  readonly after: Phase;
  readonly delayMs: number;
  readonly wholeTree: boolean;
}

function randomKill(longestMs: number): Kill {
  const after = phaseNames[Math.floor(random() * phaseNames.length)] ?? 'while pushing';
  return { after, delayMs: random() * random() * longestMs, wholeTree: random() < 0.5 };
}

async function killAndRestart(kill: Kill, progress: () => Progress): Promise<void> {
  await eventually(() => phases[kill.after](progress()), 20_000);
  await new Promise((next) => setTimeout(next, kill.delayMs));
  const reached = phaseNames.findLast((name) => phases[name](progress())) ?? 'while pushing';
  kills.set(reached, (kills.get(reached) ?? 0) + 1);
  if (kill.wholeTree) killTree(service.pid);
  await service.kill('SIGKILL');
  await service.restart();
  readyTimes.push(service.startedInMs);
}

/** Pushes until it is accepted; a push that nobody answered is pushed again, as its user would. */
async function pushUntilAccepted(carried: CarriedImage): Promise<void> {
  if (!(await eventually(() => tryPush(service, carried), 20_000))) throw new Error(`${carried.tag} was not accepted`);
}

async function carry(carried: CarriedImage, planned: readonly Kill[]): Promise<readonly string[]> {
  const start = { callsBefore: new Set(sink.calls.keys()), approvalsBefore: approver.seen.size };
  let accepted = false;
  const pushing = pushUntilAccepted(carried).then(() => {
    accepted = true;
  });
  for (const kill of planned) await killAndRestart(kill, () => ({ ...start, accepted }));
  await pushing;
  if (!(await eventually(() => hasEnded(service, carried), 60_000))) return [`${carried.tag} did not end in a minute`];
  return complaintsAbout(service, sink, carried);
}

it(`carries everything through exactly once over ${rounds} rounds of kill -9`, {
  timeout: 60_000 + rounds * 10_000,
}, async () => {
  folder = await makeScenarioFolder();
  sink = await startWebhookSink();
  service = await startService({ dataDir: folder.path, env: { WAYBILL_OUTBOUND_ALLOW: sink.host } });
  const token = await prepareCarriers(service, sink);
  approver = startApprover(service, { token, delayMs: () => random() * 120 });

  const begun = performance.now();
  expect(await carry(carriedImage(0), [])).toEqual([]);
  const usual = performance.now() - begun;
  const longest = Math.min(usual, 600);
  for (let round = 1; round <= rounds; round += 1) {
    const planned = random() < 0.3 ? [randomKill(longest), randomKill(longest)] : [randomKill(longest)];
    const complaints = await carry(carriedImage(round), planned);
    expect(complaints, `seed ${seed}, round ${round}: ${JSON.stringify(planned)}`).toEqual([]);
  }
  expect(approver.complaints).toEqual([]);
  expect(await historyOf('production')).toEqual(
    Array.from({ length: Math.min(rounds + 1, 200) }, (_, i) => carriedImage(rounds - i).image.digest),
  );
  report(usual);
});

async function historyOf(environment: string): Promise<readonly string[]> {
  const { json } = await service.call('GET', `/v1/environments/${environment}/history?limit=200`);
  return json.items.map((entry: { digest: string }) => entry.digest);
}

function report(usualMs: number): void {
  const sorted = readyTimes.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const resent = [...sink.calls.values()].filter(({ count }) => count > 1).length;
  console.log(
    [
      `crash: seed ${seed}, ${rounds} rounds, ${readyTimes.length} kills and restarts, one promotion takes ${Math.round(usualMs)} ms`,
      `  killed ${[...kills].map(([phase, count]) => `${phase}: ${count}`).join(', ')}`,
      `  ready again after ${at(0.5)} ms (p50), ${at(0.99)} ms (most); ${sink.calls.size} calls, ${resent} of them sent again under the same id`,
    ].join('\n'),
  );
}
