import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import { imageArtifact } from './artifact-identity.ts';
import { parseDigest } from './digest.ts';
import type { BoundArtifact } from './execution.ts';
import type { JsonObject } from './json.ts';
import type { PlanJob, PlanStage } from './plan.ts';
import { stageImages } from './stage-images.ts';

const repository = 'registry.local/team/shop';

function digestOf(digit: string) {
  const digest = parseDigest(`sha256:${digit.repeat(64)}`);
  if (digest === undefined) throw new Error(digit);
  return digest;
}

function image(digit: string): Artifact {
  return imageArtifact({ repository, digest: digestOf(digit) }, (bytes) => new Uint8Array(20).fill(bytes.at(-1) ?? 0));
}

function bound(id: string, digit: string, tag?: string): BoundArtifact {
  return { id, artifact: image(digit), from: 'received', ...(tag === undefined ? {} : { tag }) };
}

function job(id: string, kind: string, inputs: JsonObject, ordinal = 1): PlanJob {
  const step = { ordinal: 1, id: 'go', kind, with: inputs, when: 'success', useInternalAddress: false } as const;
  return { ordinal, id, needs: [], when: 'success', steps: [step] };
}

function stage(...jobs: readonly PlanJob[]): PlanStage {
  return {
    ordinal: 1,
    id: 'prod',
    needs: [],
    when: 'success',
    gates: [],
    expectedArtifacts: [],
    inputArtifacts: [],
    jobs,
  };
}

const scope = {
  bound: [bound('image', 'a', 'v1'), bound('other', 'b')],
  builds: new Map(),
  published: () => undefined,
  variables: { repo: repository },
};

const a = { name: repository, tag: 'v1', digest: digestOf('a') };
const b = { name: repository, digest: digestOf('b') };
const c = { name: repository, digest: digestOf('c') };

describe('what a stage is asked about', () => {
  it.each([
    ['without steps: what is bound', stage(), [a, b]],
    ['what a deploy step refers to', stage(job('x', 'directory', { path: 'p', image: '$[sources.image]' })), [a]],
    [
      'each image once',
      stage(
        job('x', 'directory', { image: '$[sources.image]' }),
        job('y', 'tag', { image: '$[sources.image]', tags: [] }, 2),
      ),
      [a],
    ],
    ['a reference written out', stage(job('x', 'directory', { image: `\${repo}@${digestOf('c')}` })), [c]],
    ['no tag: it says nothing of bytes', stage(job('x', 'directory', { image: `${repository}:v1` })), []],
    [
      'several of one step',
      stage(job('x', 'webhook', { body: ['$[sources.image]', '$[sources.other.digest]'] })),
      [a, b],
    ],
    ['not what a child pipeline is given', stage(job('x', 'pipeline', { artifacts: ['$[sources.image]'] })), []],
    [
      'through a step of the same stage, in whatever order they stand',
      stage(
        job('y', 'directory', { image: '$[jobs.x.go.artifacts.default]' }),
        job('x', 'directory', { image: '$[sources.image]' }, 2),
      ),
      [a],
    ],
    [
      'nothing of what only a callback will name',
      stage(job('x', 'directory', { image: '$[jobs.y.go.artifacts.built]' }), job('y', 'webhook', { url: 'u' }, 2)),
      [],
    ],
  ])('%s', (_, asked, expected) => {
    const found = stageImages(asked, scope);
    expect([...found].sort((one, two) => (one.digest < two.digest ? -1 : 1))).toEqual(expected);
  });

  it('what a step of the same stage published in an earlier attempt is known', () => {
    const published = (node: string) => (node === 'prod/y/go' ? [{ name: 'built', artifact: image('c') }] : undefined);
    const asked = stage(job('x', 'directory', { image: '$[jobs.y.go.artifacts.built]' }));
    expect(stageImages(asked, { ...scope, published })).toEqual([c]);
  });
});
