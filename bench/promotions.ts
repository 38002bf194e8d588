import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pushImage } from '../local/demo/push-image.ts';
import { websiteImage } from '../local/demo/website-image.ts';
import { pause } from './figures.ts';
import type { Section } from './report.ts';
import type { RunningService } from './running-service.ts';

const pipelines = 16;
const first = 100;
const all = 1_000;

/** Promotions side by side, and what they leave in memory. */
export async function measurePromotions(service: RunningService): Promise<readonly Section[]> {
  for (let n = 0; n < pipelines; n += 1) await service.call('PUT', `/v1/pipelines/bench-p${n}`, pipeline(n));
  const counter = { next: 0 };
  await promote(service, counter, first);
  const early = await settled(service);
  const start = performance.now();
  const loaded = { mb: 0 };
  const watch = setInterval(() => {
    loaded.mb = Math.max(loaded.mb, service.memory().totalMb);
  }, 1_000);
  await promote(service, counter, all);
  clearInterval(watch);
  const perSecond = ((all - first) * 1_000) / (performance.now() - start);
  const late = await settled(service);
  return [
    {
      title: 'Promotions',
      how: `push, two stages that deploy a real image to a folder and observe it, proof; ${pipelines} pipelines side by side, ${all - first} promotions`,
      figures: [{ name: 'promotions', value: perSecond, unit: '/s' }],
    },
    {
      title: 'Memory over executions',
      how: `the service after a full collection, after ${first} and after ${all} finished executions; the whole tree as the system sees it`,
      figures: [
        { name: 'service, in use after 100 executions', value: early.heapMb, unit: 'MB' },
        { name: 'service, in use after 1,000 executions', value: late.heapMb, unit: 'MB' },
        { name: '  growth', value: late.heapMb - early.heapMb, unit: 'MB', target: { atMost: 5 } },
        { name: 'tree, resident, most under load', value: loaded.mb, unit: 'MB' },
        { name: 'tree, resident after 100 executions', value: early.totalMb, unit: 'MB' },
        { name: 'tree, resident after 1,000 executions', value: late.totalMb, unit: 'MB' },
      ],
    },
  ];
}

function pipeline(n: number) {
  const deploy = (stage: string, image: string) => ({
    environment: `bench-p${n}-${stage}`,
    steps: { deploy: { step: 'directory', with: { path: `p${n}/${stage}`, image } } },
  });
  return {
    name: `bench-p${n}`,
    sources: { image: { type: 'registry', repository: `registry.local/bench/p${n}`, on: ['push'] } },
    stages: {
      pre: deploy('pre', '$[sources.image]'),
      prod: { needs: ['pre'], ...deploy('prod', '$[stages.pre.main.deploy.artifacts.default]') },
    },
  };
}

/** Each pipeline promotes one after the other, until so many have been promoted in all. */
async function promote(service: RunningService, counter: { next: number }, upTo: number): Promise<void> {
  const worker = async (n: number): Promise<void> => {
    while (counter.next < upTo) {
      counter.next += 1;
      await promoteOnce(service, n, `promotion ${counter.next}`);
    }
  };
  await Promise.all(Array.from({ length: pipelines }, (_, n) => worker(n)));
}

const longestWait = 30_000;
/** Looking must not cost what is measured. */
const lookEveryMs = 40;

async function promoteOnce({ url, site }: RunningService, n: number, content: string): Promise<void> {
  await pushImage({ url, repository: `bench/p${n}` }, 'latest', websiteImage({ 'index.html': content }));
  const page = join(site, `p${n}`, 'prod', 'current', 'index.html');
  const until = performance.now() + longestWait;
  while ((await readFile(page, 'utf8').catch(() => '')) !== content) {
    if (performance.now() > until) throw new Error(`${content} of pipeline bench-p${n} did not arrive.`);
    await pause(lookEveryMs);
  }
}

async function settled(service: RunningService): Promise<{ readonly heapMb: number; readonly totalMb: number }> {
  await pause(1_500);
  const heapMb = (await service.heapBytes()) / 2 ** 20;
  return { heapMb, totalMb: service.memory().totalMb };
}
