import { randomBytes } from 'node:crypto';
import { createAwsApi } from '../shared/adapters/aws-api/aws-api.ts';
import { barePuts, storedDelivery } from './bare-puts.ts';
import { closedLoop, type LoopResult } from './closed-loop.ts';
import { median, pause, quantile } from './figures.ts';
import type { Figure, Section } from './report.ts';
import type { RunningService } from './running-service.ts';
import { connectSender, hookSecret, signedRequest } from './senders.ts';

const levels = [1, 8, 32];
const rounds = 3;
const roundMs = 1_200;

/** A hook and whom it may speak of; what it may not speak of is stored all the same, and nothing follows. */
interface Hook {
  readonly path: string;
  /** Name of the receiver. */
  readonly name: string;
}

/**
 * Webhook to durable 202 beside bare conditional puts, in turn, so that both meet the same machine. Senders are in this
 * process, the service in another; the puts go through the service's own client, from this process, to the service's engine, and
 * are of the item that such a hook leaves there.
 */
export async function measureHooks(service: RunningService): Promise<Section> {
  const alone = await putHook(service, 'bench-alone', 'registry.example.com/elsewhere');
  const followed = await putHook(service, 'bench-followed', 'registry.example.com/bench/**');
  const api = createAwsApi('dynamodb', { endpoint: service.dynamoEndpoint, unsigned: true });
  await sendHooks(service, alone, { workers: 8, forMs: roundMs });
  const item = await storedDelivery(api, await newestDelivery(service, alone));
  const put = (workers: number) => barePuts(api, { item, workers, forMs: roundMs });
  await put(8);
  const figures: Figure[] = [];
  for (const workers of levels) figures.push(...(await measureLevel(service, { workers, alone, followed, put })));
  return {
    title: 'Webhook to durable 202',
    how: 'receiver type waybill, signed, 1 kB bodies; senders in another process; bare puts of the same items by the same client to the same engine, in turn with the hooks; medians of 3 rounds',
    figures,
  };
}

interface Level {
  readonly workers: number;
  readonly alone: Hook;
  readonly followed: Hook;
  readonly put: (workers: number) => Promise<LoopResult>;
}

async function measureLevel(service: RunningService, level: Level): Promise<readonly Figure[]> {
  const { workers, alone, followed, put } = level;
  const puts: LoopResult[] = [];
  const hooks: LoopResult[] = [];
  for (let round = 0; round < rounds; round += 1) {
    puts.push(await put(workers));
    hooks.push(await sendHooks(service, alone, { workers, forMs: roundMs }));
  }
  const busy = [await sendHooks(service, followed, { workers, forMs: roundMs })];
  await untilProcessed(service, followed);
  const who = workers === 1 ? '1 sender' : `${workers} senders`;
  return [
    { name: `bare conditional puts, ${who}`, value: rate(puts), unit: '/s' },
    { name: `webhook to 202, ${who}`, value: rate(hooks), unit: '/s' },
    { name: '  p50', value: time(hooks, 0.5), unit: 'ms' },
    { name: '  p99', value: time(hooks, 0.99), unit: 'ms' },
    { name: '  ratio to bare puts', value: rate(hooks) / rate(puts), unit: '', target: { atLeast: 0.5 } },
    { name: `the same while each event is also processed, ${who}`, value: rate(busy), unit: '/s' },
    { name: '  p50', value: time(busy, 0.5), unit: 'ms' },
    { name: '  p99', value: time(busy, 0.99), unit: 'ms' },
  ];
}

function rate(results: readonly LoopResult[]): number {
  return median(results.map(({ perSecond }) => perSecond));
}

function time(results: readonly LoopResult[], share: number): number {
  return median(results.map(({ milliseconds }) => quantile(milliseconds, share)));
}

export async function putHook(service: RunningService, name: string, repositories: string): Promise<Hook> {
  const body = { type: 'waybill', repositories: [repositories], secret: hookSecret };
  const answer = await service.call('PUT', `/v1/receivers/${name}`, body);
  const { url } = answer as { readonly url: string };
  return { name, path: new URL(url, service.url).pathname };
}

export async function sendHooks(
  service: RunningService,
  { path }: Hook,
  { workers, forMs }: { readonly workers: number; readonly forMs: number },
): Promise<LoopResult> {
  const senders = await Promise.all(Array.from({ length: workers }, () => connectSender(service.url)));
  const result = await closedLoop({
    workers,
    forMs,
    prepare: () => signedRequest(path, pushBody()),
    async call(worker, request) {
      const status = await senders[worker]?.send(request);
      if (status !== 202) throw new Error(`A hook was answered ${status}.`);
    },
  });
  for (const sender of senders) sender.close();
  return result;
}

/** About 1 kB: a push of an image that nobody listens to. */
function pushBody(): string {
  const digest = `sha256:${randomBytes(32).toString('hex')}`;
  const artifact = {
    type: 'docker/image',
    name: 'registry.example.com/bench/shop',
    version: digest,
    reference: `registry.example.com/bench/shop@${digest}`,
    metadata: { tags: ['shop-V1.0'], note: 'x'.repeat(600) },
  };
  return JSON.stringify({ type: 'artifact.pushed', data: { artifact } });
}

interface Page {
  readonly items: readonly { readonly id: string; readonly status: string }[];
}

async function newestOf(service: RunningService, { name }: Hook): Promise<Page['items']> {
  return ((await service.call('GET', `/v1/deliveries?receiver=${name}&limit=1`)) as Page).items;
}

async function newestDelivery(service: RunningService, hook: Hook): Promise<string> {
  const [newest] = await newestOf(service, hook);
  if (newest === undefined) throw new Error('No delivery of a hook was found.');
  return newest.id;
}

/** What was accepted is worked off before the next round begins. */
async function untilProcessed(service: RunningService, hook: Hook): Promise<void> {
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    if ((await newestOf(service, hook)).every(({ status }) => status !== 'pending')) return;
    await pause(100);
  }
  throw new Error('The deliveries were not processed within a minute.');
}
