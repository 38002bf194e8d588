import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partialPorts } from '../../../test/fixtures/partial-ports.ts';
import type { Artifact } from '../../domain/artifact.ts';
import { isDigest } from '../../domain/digest.ts';
import type { Execution } from '../../domain/execution.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { PlacedStep } from '../../domain/ledger.ts';
import type { Run } from './load-run.ts';
import { resolveStep } from './resolve-step.ts';

const full = `sha256:${'a'.repeat(64)}`;
const none = { needs: [], when: 'success' as const };

function deployOf(artifact: Artifact, image: string): { readonly run: Run; readonly placed: PlacedStep } {
  const kind = 'directory';
  const step = {
    ordinal: 1,
    id: 'go',
    kind,
    with: { path: 'x', image },
    when: 'success' as const,
    useInternalAddress: false,
  };
  const job = { ordinal: 1, id: 'main', ...none, steps: [step] };
  const stage = { ordinal: 1, id: 's', ...none, gates: [], expectedArtifacts: [], inputArtifacts: [], jobs: [job] };
  const execution: Execution = {
    id: 'e',
    pipeline: 'shop',
    pipelineVersion: 'v',
    attempt: 1,
    machine: 'e',
    status: 'running',
    trigger: { type: 'manual', artifacts: [artifact] },
    order: '0',
    parameters: {},
    bound: [{ id: 'image', artifact, from: 'received' }],
    buildNumber: 1,
    createdAt: 0,
    rev: 1,
  };
  const definition = {
    name: 'shop',
    concurrency: 'queue' as const,
    owners: [],
    parameters: {},
    sources: {},
    expectedArtifacts: [],
    triggers: [],
    stages: [],
  };
  const run = { execution, plan: { concurrency: 'queue' as const, stages: [stage] }, definition };
  return { run, placed: { stage, job, step, node: 's/main/go' } };
}

it('never gives a deploy step an image without its full digest, however it is bound and referred to', async () => {
  const text = fc.constantFrom(
    '',
    'shop',
    'r.example.com/shop',
    'r.example.com/shop:v1',
    `r.example.com/shop@${full}`,
    `r.example.com/shop@${full.slice(0, 19)}`,
    full,
    full.slice(0, 19),
    'v1',
    'latest',
  );
  const artifact = fc.record({
    type: fc.constantFrom('docker/image', 'helm/image', 's3/object'),
    name: text,
    version: fc.option(text, { nil: undefined }),
    reference: text,
    metadata: fc.constantFrom<JsonObject>({}, { tags: ['v1'] }, { digest: full.slice(0, 19) }),
    uuid: fc.constant('u'),
  });
  const field = fc.constantFrom('', '.reference', '.dockerUrl', '.version', '.name', '.tag', '.digest');
  const around = fc.constantFrom('', 'r.example.com/shop:', 'r.example.com/shop@');
  let given = 0;
  await fc.assert(
    fc.asyncProperty(artifact, field, around, async (bound, name, before) => {
      const { run, placed } = deployOf(bound, `${before}$[sources.image${name}]`);
      const resolved = await resolveStep(partialPorts({}), run, placed);
      if (resolved.kind === 'failed') {
        expect(['digestRequired', 'artifactNotFound', 'invalidInput']).toContain(resolved.code);
        return;
      }
      given += 1;
      expect(String(resolved.with.image)).toMatch(/@sha256:[0-9a-f]{64}$/);
      expect(resolved.images).not.toEqual([]);
      expect(resolved.images.every(({ digest }) => isDigest(digest))).toBe(true);
    }),
    { numRuns: 500 },
  );
  expect(given).toBeGreaterThan(0);
});

it.each<[string, Partial<Artifact>, string | undefined]>([
  ['of known bytes', { metadata: { sha256: 'a'.repeat(64) } }, full],
  ['of unknown bytes', {}, undefined],
  ['that is an image', { type: 'docker/image', version: full, reference: `r.example.com/shop@${full}` }, undefined],
])('vm-deploy wants a file %s', async (_name, given, wanted) => {
  const file = { type: 's3/object', name: 's3://b/k', reference: 's3://b/k', metadata: {}, uuid: 'u', ...given };
  const { run, placed } = deployOf(file, '');
  const step = { ...placed.step, kind: 'vm-deploy', with: { artifact: '$[sources.image]', run: 'ls' } };
  const resolved = await resolveStep(partialPorts({}), run, { ...placed, step });
  expect(resolved).toMatchObject({ kind: 'resolved', deploys: true, images: [] });
  expect(resolved).toHaveProperty('artifacts', [file]);
  expect('wanted' in resolved ? resolved.wanted : undefined).toBe(wanted);
  expect('repository' in resolved ? resolved.repository : undefined).toBe(wanted && file.name);
});

it.each<[string, JsonObject, object]>([
  ['the sum of its zip file', { package: '$[sources.image]' }, { kind: 'resolved', wanted: full, images: [] }],
  [
    'the digest of its image',
    { image: `r.example.com/shop@${full}` },
    { kind: 'resolved', wanted: full, images: [{ name: 'r.example.com/shop', digest: full }] },
  ],
  ['no tag', { image: 'r.example.com/shop:v1' }, { kind: 'failed', code: 'digestRequired' }],
])('lambda-function wants %s', async (_name, given, answer) => {
  const metadata = { sha256: 'a'.repeat(64) };
  const file = { type: 's3/object', name: 's3://b/k', reference: 's3://b/k', metadata, uuid: 'u' };
  const { run, placed } = deployOf(file, '');
  const step = { ...placed.step, kind: 'lambda-function', with: { function: 'f', ...given } };
  expect(await resolveStep(partialPorts({}), run, { ...placed, step })).toMatchObject(answer);
});
