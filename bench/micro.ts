import { createHmac } from 'node:crypto';
import { parseTemplate } from '../shared/domain/expression.ts';
import { compilePattern } from '../shared/domain/pattern.ts';
import { parseReference } from '../shared/domain/reference.ts';
import { waybill } from '../shared/receivers/waybill.ts';
import { median } from './figures.ts';
import type { Figure, Section } from './report.ts';
import { hookKey, hookSecret } from './senders.ts';

const rounds = 21;
const perRound = 300;

/** Pure work, in this process. */
export function measureMicro(): Section {
  return {
    title: 'Pure work',
    how: `in one process, medians of ${rounds} rounds of ${perRound}`,
    figures: [
      hookFigure(),
      each('matching a tag with a glob', matcher('shop-V*')),
      each('matching a tag with a regular expression', matcher('regex:shop-V[0-9]+(\\.[0-9]+)*')),
      each('reading an image reference', () => parseReference('registry.example.com/team/shop:shop-V1.0')),
      each('reading a template', () => parseTemplate('$[stages.pre.main.deploy.artifacts.default#digest] of ${TAG}')),
    ],
  };
}

function hookFigure(): Figure {
  const body = Buffer.from(JSON.stringify(buildOf(32)));
  const now = Date.now();
  const timestamp = String(Math.floor(now / 1_000));
  const signature = createHmac('sha256', hookKey).update(`bench.${timestamp}.`).update(body).digest('base64');
  const headers = { 'webhook-id': 'bench', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  const about = { secrets: [hookSecret], settings: {}, allowUnsigned: false, now };
  return each(`verifying and reading a hook of ${(body.length / 1_000).toFixed(1)} kB`, () => {
    const verified = waybill.verify({ headers, query: {}, body, receivedAt: now }, about);
    if (verified === undefined) throw new Error('The bench signs wrongly.');
    const parsed = waybill.parse(verified, { settings: {}, receiver: 'bench' });
    if (parsed.kind !== 'events') throw new Error(parsed.message);
  });
}

/** A build that published so many images: about 10 kB for 32. */
function buildOf(images: number): object {
  const artifacts = Array.from({ length: images }, (_, n) => {
    const name = `registry.example.com/team/part-${n}`;
    const version = `sha256:${String(n).padStart(64, '0')}`;
    return {
      stage: 'build',
      job: 'main',
      step: 'build',
      name: `part-${n}`,
      artifact: { type: 'docker/image', name, version, reference: `${name}@${version}` },
    };
  });
  return { type: 'build.succeeded', data: { pipeline: 'parts', build: 1, branch: 'main', artifacts } };
}

function matcher(text: string): () => boolean {
  const compiled = compilePattern(text);
  if (compiled.kind === 'invalid') throw new Error(compiled.message);
  return () => compiled.pattern.matches('shop-V1.2.3');
}

function each(name: string, work: () => unknown): Figure {
  const microseconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    for (let n = 0; n < perRound; n += 1) work();
    microseconds.push(((performance.now() - start) * 1_000) / perRound);
  }
  return { name, value: median(microseconds), unit: 'us' };
}
