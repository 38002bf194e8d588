import { afterEach, describe, expect, it } from 'vitest';
import type { Artifact } from '../../shared/domain/artifact.ts';
import { imageArtifact } from '../../shared/domain/artifact-identity.ts';
import type { Json } from '../../shared/domain/json.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';
import { createScenario, deploy, imageSource, repository, type Scenario } from '../fixtures/scenario.ts';

const tables = useEmbeddedTables();
let world: Scenario;
afterEach(() => world.close());

const report: Artifact = {
  type: 's3/object',
  name: 's3://reports/unit.xml',
  version: '7',
  reference: 's3://reports/unit.xml#7',
  location: 'eu',
  provenance: 'ci',
  metadata: { suite: 'unit', downloadUrl: 'https://x.example/unit.xml', md5: 'abc' },
  uuid: '00000000-0000-5000-8000-000000000000',
};

/** Runs one webhook that sends `body`, after stage `pre` deployed and published; answers what was sent. */
async function resolved(body: Json, extra: Record<string, Json> = {}) {
  world = await createScenario(tables);
  world.webhook.script('pre/main/make', () => ({
    kind: 'done',
    artifacts: [
      { name: 'unit-report', artifact: report },
      { name: 'other', artifact: { ...report, uuid: 'other' } },
    ],
  }));
  await world.put({
    name: 'shop',
    sources: imageSource,
    parameters: { region: 'eu', which: 'unit' },
    stages: {
      pre: {
        steps: {
          make: { step: 'webhook', with: { url: 'https://x.example/make' } },
          deploy: { ...deploy('p').deploy, publishes: 'app.v1/x_y-z' },
        },
      },
      use: {
        needs: ['pre'],
        jobs: {
          first: { steps: deploy('f') },
          second: { needs: ['first'], steps: { tell: { step: 'webhook', with: { url: 'https://x.example/', body } } } },
        },
      },
    },
    ...extra,
  });
  const digest = await world.pushTag('shop-V1');
  const [id = ''] = await world.executions('shop');
  const call = world.webhook.calls.find((one) => one.step === 'tell');
  return { id, digest, body: call?.with.body };
}

describe('what a reference becomes', () => {
  it.each([
    ['$[sources.image]', `${repository}@DIGEST`],
    ['$[sources.image.digest]', 'DIGEST'],
    ['$[sources.image.tag]', 'shop-V1'],
    ['$[sources.image.name]', repository],
    ['$[sources.image.type]', 'docker/image'],
    ['$[sources.image.version]', 'DIGEST'],
    ['$[sources.image.dockerUrl]', `${repository}@DIGEST`],
    ['$[stages.pre.main.deploy.artifacts.app.v1/x_y-z]', `${repository}@DIGEST`],
    ['$[stages.pre.main.deploy.artifacts.default]', `${repository}@DIGEST`],
    ['$[stages.pre.main.deploy.artifacts.default#digest]', 'DIGEST'],
    ['$[stages.pre.main.make.artifacts.unit-report]', 's3://reports/unit.xml#7'],
    ['$[stages.pre.main.make.artifacts.${which}-report#version]', '7'],
    ['$[stages.pre.main.make.artifacts.unit-report#name]', 's3://reports/unit.xml'],
    ['$[stages.pre.main.make.artifacts.unit-report#location]', 'eu'],
    ['$[stages.pre.main.make.artifacts.unit-report#provenance]', 'ci'],
    ['$[stages.pre.main.make.artifacts.unit-report#metadata.suite]', 'unit'],
    ['$[jobs.first.deploy.artifacts.default]', `${repository}@DIGEST`],
    ['${region}-${PIPELINE_NAME}-${BUILD_NUMBER}-${TAG}', 'eu-shop-1-shop-V1'],
    ['${DIGEST}', 'DIGEST'],
    ['${DATETIME} ${TIMESTAMP}', '2026-11-20-10-15-00 1795169700000'],
    ['$$[sources.image] $${region}', '$[sources.image] ${region}'],
  ])('%s', async (text, expected) => {
    const { digest, body } = await resolved({ deep: [{ er: text }] });
    expect(body).toEqual({ deep: [{ er: expected.replace('DIGEST', digest) }] });
  });

  it('EXECUTION_ID is the execution’s', async () => {
    const { id, body } = await resolved('${EXECUTION_ID}');
    expect(body).toBe(id);
  });
});

describe('artifactNotFound', () => {
  it.each([
    ['$[stages.pre.main.make.artifacts.Unit-report]', ['unit-report', 'other']],
    ['$[stages.pre.main.make.artifacts.default]', ['unit-report', 'other']],
    ['$[jobs.first.deploy.artifacts.app]', ['default']],
  ])('%s fails the step and lists the names published', async (text, names) => {
    const { id } = await resolved(text);
    const node = (await world.ports.executions.nodes(id, ['use/second/tell'])).get('use/second/tell');
    expect(node?.error?.code).toBe('artifactNotFound');
    for (const name of names) expect(node?.error?.message).toContain(name);
    expect(world.webhook.calls.map((call) => call.step)).toEqual(['make']);
  });
});

describe('a pipeline source', () => {
  const upstream = { type: 'pipeline', pipeline: 'shop-pre', build: 'lastSuccessfulBuild', on: ['buildSuccess'] };
  const reference = '$[sources.upstream.stages.pre.main.deploy.artifacts.app]';

  it('is fed by our own executions: their build event starts the downstream pipeline on what they published', async () => {
    world = await createScenario(tables);
    await world.put({
      name: 'shop-pre',
      sources: imageSource,
      stages: { pre: { environment: 'pre', steps: { deploy: { ...deploy('p').deploy, publishes: 'app' } } } },
    });
    await world.put({
      name: 'shop-prod',
      sources: { upstream },
      stages: {
        prod: { environment: 'prod', gates: [{ verified: { environment: 'pre' } }], steps: deploy('prod', reference) },
      },
    });
    const digest = await world.pushTag('shop-V1');
    const [id = ''] = await world.executions('shop-prod');
    const execution = await world.ports.executions.find(id);
    expect(execution).toMatchObject({ status: 'succeeded', trigger: { type: 'build' } });
    expect(execution?.bound).toMatchObject([{ id: 'upstream', build: '1', from: 'received' }]);
    expect((await world.headOf('prod', 'shop-prod')).map((head) => head[1])).toEqual([digest]);
  });

  it('takes what a build system reports, by stage, job, step and name', async () => {
    world = await createScenario(tables);
    await world.put({
      name: 'shop',
      sources: { upstream: { ...upstream, pipeline: 'ci/shop' } },
      stages: { prod: { steps: deploy('prod', '$[sources.upstream.stages.build.main.build.artifacts.default]') } },
    });
    const image = ociImage({ 'index.html': 'ci' });
    await pushImage(image, { baseUrl: world.registry.baseUrl, repository: 'team/shop' });
    const artifact = imageArtifact({ repository, digest: image.digest }, world.ports.sha1);
    await world.happen({
      kind: 'build',
      pipeline: 'ci/shop',
      build: '41',
      outcome: 'succeeded',
      artifacts: [{ stage: 'build', job: 'main', step: 'build', artifact }],
    });
    expect(world.directory.calls.map((call) => call.wanted)).toEqual([image.digest]);
  });

  it('has nothing to start on when the build failed', async () => {
    world = await createScenario(tables);
    const sources = { upstream: { ...upstream, pipeline: 'ci/shop' } };
    await world.put({ name: 'shop', sources, stages: { check: { gates: [{ approval: { groups: ['rm'] } }] } } });
    await world.happen({ kind: 'build', pipeline: 'ci/shop', build: '41', outcome: 'failed', artifacts: [] });
    expect(await world.executions('shop')).toEqual([]);
  });
});
