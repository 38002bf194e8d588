import { pushBlobs, putManifest } from '../local/demo/push-image.ts';
import { websiteImage } from '../local/demo/website-image.ts';
import { pause, spreadOf } from './figures.ts';
import { putHook } from './hooks.ts';
import type { Figure, Section } from './report.ts';
import type { RunningService } from './running-service.ts';
import { connectSender, signedRequest } from './senders.ts';
import { type Sink, startSink } from './sink.ts';

const warmUps = 20;
const samples = 100;
/** Lets the execution before end, so that one at a time is measured. */
const restMs = 60;

const repository = 'bench/first';

/** From a push, and from a hook, to the call of the first step. */
export async function measureFirstStep(service: RunningService): Promise<Section> {
  const sink = await startSink();
  try {
    await service.call('PUT', '/v1/pipelines/bench-first', pipeline(sink));
    const pushes = await repeat((n) => pushToStep(service, sink, n));
    const hooks = await hookToStep(service, sink);
    return {
      title: 'To the first step',
      how: `one at a time, ${samples} times after ${warmUps}; until the call of a webhook step arrives at a server on loopback`,
      figures: [...figuresOf('push: from the manifest PUT', pushes), ...figuresOf('hook: from the POST', hooks)],
    };
  } finally {
    sink.close();
  }
}

function pipeline({ url }: Sink) {
  const body = { image: '$[sources.image]', tag: '${TAG}' };
  return {
    name: 'bench-first',
    sources: { image: { type: 'registry', repository: `registry.local/${repository}`, on: ['push'] } },
    stages: { call: { steps: { call: { step: 'webhook', with: { url, body } } } } },
  };
}

async function repeat(sample: (n: number) => Promise<number>): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let n = 0; n < warmUps + samples; n += 1) {
    taken.push(await sample(n));
    await pause(restMs);
  }
  return taken.slice(warmUps);
}

async function pushToStep({ url }: RunningService, sink: Sink, n: number): Promise<number> {
  const tag = `push-${n}`;
  const image = websiteImage({ 'index.html': tag });
  await pushBlobs({ url, repository }, image);
  const start = performance.now();
  await putManifest({ url, repository }, tag, image);
  return (await sink.arrival(tag)) - start;
}

/** The embedded registry's own event is that of the push; the hook tells of the same image under another tag. */
async function hookToStep(service: RunningService, sink: Sink): Promise<readonly number[]> {
  const { url } = service;
  const image = websiteImage({ 'index.html': 'told by a hook' });
  await pushBlobs({ url, repository }, image);
  await putManifest({ url, repository }, 'hook-image', image);
  await sink.arrival('hook-image');
  const hook = await putHook(service, 'bench-first', `registry.local/${repository}`);
  const sender = await connectSender(url);
  const digest = image.manifest.digest;
  const taken = await repeat(async (n) => {
    const tag = `hook-${n}`;
    const request = signedRequest(hook.path, pushedBody(digest, tag));
    const start = performance.now();
    await sender.send(request);
    return (await sink.arrival(tag)) - start;
  });
  sender.close();
  return taken;
}

function pushedBody(digest: string, tag: string): string {
  const name = `registry.local/${repository}`;
  const artifact = {
    type: 'docker/image',
    name,
    version: digest,
    reference: `${name}@${digest}`,
    metadata: { tags: [tag] },
  };
  return JSON.stringify({ type: 'artifact.pushed', data: { artifact } });
}

function figuresOf(name: string, taken: readonly number[]): readonly Figure[] {
  const { p50, p99 } = spreadOf(taken);
  return [
    { name: `${name}, p50`, value: p50, unit: 'ms', target: { atMost: 100 } },
    { name: `${name}, p99`, value: p99, unit: 'ms', target: { atMost: 500 } },
  ];
}
