import { createHmac } from 'node:crypto';
import { parseTemplate } from '../shared/domain/expression.ts';
import { compileJavaPattern } from '../shared/domain/java-pattern.ts';
import { compilePattern } from '../shared/domain/pattern.ts';
import { parseReference } from '../shared/domain/reference.ts';
import { resolveArtifacts } from '../shared/domain/resolve-artifacts.ts';
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
    how: `in one process, medians of ${rounds} rounds of ${perRound}; the last two of 10`,
    figures: [
      hookFigure(),
      each('matching a tag with a glob', matcher('shop-V*')),
      each('matching a tag with a regular expression', matcher('regex:shop-V[0-9]+(\\.[0-9]+)*')),
      each('reading an image reference', () => parseReference('registry.example.com/team/shop:shop-V1.0')),
      each('reading a template', () => parseTemplate('$[stages.pre.main.deploy.artifacts.default#digest] of ${TAG}')),
      each('resolving 50 expectations against 200 artifacts', resolution(50, 200), 10),
      each('a hostile pattern, (a+)+$, against 10 kB', hostile('(a+)+$', 10_000), 10),
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
  return each(`verifying and reading a hook that tells of 32 images, ${(body.length / 1_000).toFixed(1)} kB`, () => {
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

/** Each expectation matches one artifact, by patterns for three fields; the last artifacts match none. */
function resolution(expectations: number, artifacts: number): () => unknown {
  const expected = Array.from({ length: expectations }, (_, n) => ({
    id: `part-${n}`,
    matchArtifact: {
      type: 'docker/image',
      name: `registry\\.example\\.com/.*/part-${n}`,
      version: 'v[0-9]+(\\.[0-9]+)*',
    },
    usePriorArtifact: false,
    useDefaultArtifact: false,
  }));
  const received = Array.from({ length: artifacts }, (_, n) => {
    const name = `registry.example.com/team/part-${n}`;
    return { type: 'docker/image', name, version: `v1.${n}`, reference: `${name}:v1.${n}` };
  });
  return () => {
    const result = resolveArtifacts({ expected, received, requireUniqueMatches: true });
    if (result.kind !== 'resolved') throw new Error(`The bench resolves nothing: ${result.kind}`);
  };
}

function hostile(pattern: string, length: number): () => unknown {
  const compiled = compileJavaPattern(pattern);
  if (compiled.kind === 'invalid') throw new Error(compiled.message);
  const value = `${'a'.repeat(length - 1)}!`;
  return () => compiled.matches(value);
}

function each(name: string, work: () => unknown, times = perRound): Figure {
  const microseconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    for (let n = 0; n < times; n += 1) work();
    microseconds.push(((performance.now() - start) * 1_000) / times);
  }
  return { name, value: median(microseconds), unit: 'us' };
}
