import { describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { importSpinnaker } from './import-spinnaker.ts';
import type { ImportNote } from './imported.ts';

function imported(file: JsonObject): { readonly pipeline: JsonObject; readonly notes: readonly ImportNote[] } {
  const result = importSpinnaker({ name: 'shop', stages: [], ...file });
  if (result.kind === 'invalid') expect.fail(JSON.stringify(result.errors));
  return result;
}

function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), value);
}

function notesAt(file: JsonObject, path: string): string {
  return imported(file)
    .notes.filter((note) => note.path === path)
    .map(({ message }) => message)
    .join('\n');
}

const repository = 'registry.example.com/team/shop';
const image = { id: 'i-1', displayName: 'image', matchArtifact: { type: 'docker/image', name: repository } };
const docker = {
  type: 'docker',
  enabled: true,
  account: 'acc',
  registry: 'registry.example.com',
  repository: 'team/shop',
};

describe('what is no pipeline', () => {
  it.each<[Json, string]>([
    [[], ''],
    ['x', ''],
    [null, ''],
    [{}, 'stages'],
    [{ stages: {} }, 'stages'],
  ])('%j is refused', (file, path) => {
    expect(importSpinnaker(file)).toMatchObject({ kind: 'invalid', errors: [{ path }] });
  });
});

describe('the pipeline', () => {
  it.each<[JsonObject, string]>([
    [{}, 'parallel'],
    [{ limitConcurrent: false, keepWaitingPipelines: true }, 'parallel'],
    [{ limitConcurrent: true }, 'supersede'],
    [{ limitConcurrent: true, keepWaitingPipelines: false }, 'supersede'],
    [{ limitConcurrent: true, keepWaitingPipelines: true }, 'queue'],
  ])('%j is %s', (file, concurrency) => {
    expect(imported(file).pipeline.concurrency).toBe(concurrency);
  });

  it.each([
    ['shop', 'shop', false],
    ['Déploiement en prod!', 'deploiement-en-prod', true],
    ['构建', 'app', true],
    ['x'.repeat(70), 'x'.repeat(63), true],
  ])('%s is called %s', (name, expected, noted) => {
    expect(imported({ name, application: 'App' }).pipeline.name).toBe(expected);
    expect(notesAt({ name, application: 'App' }, 'name') !== '').toBe(noted);
  });

  it('has parameters with their defaults', () => {
    const parameterConfig: Json = [
      { name: 'a', default: 2, required: true },
      { name: 'b', default: null },
      { name: 'TAG', default: 'x' },
      { name: 'a b' },
      { name: 'long', default: 'x'.repeat(5000) },
    ];
    expect(imported({ parameterConfig }).pipeline.parameters).toEqual({ a: '2', b: '' });
    for (const index of [2, 3, 4])
      expect(notesAt({ parameterConfig }, `parameterConfig[${index}]`)).toMatch(/left out/);
    expect(notesAt({ parameterConfig }, 'parameterConfig[0].required')).toMatch(/counterpart/);
  });

  it('notes what nobody reads, and nothing that is empty', () => {
    const file = { notifications: [{ type: 'slack' }], roles: [], disabled: true, locked: { ui: true }, index: 3 };
    expect(imported(file).notes.map(({ path }) => path)).toEqual(['notifications', 'disabled', 'locked', 'stages']);
  });
});

describe('expected artifacts', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['any tag', {}, {}],
    ['one tag', { version: 'v1.0' }, { tags: { include: ['v1.0'] } }],
    ['a pattern', { version: 'shop-V.*' }, { tags: { include: ['regex:shop-V.*'] } }],
    ['an escaped name', { name: '^registry\\.example\\.com/team/shop$' }, {}],
    ['a digest', { version: `sha256:${'a'.repeat(64)}` }, {}],
  ])('an image with %s is a registry source', (_, match, more) => {
    const one = { ...image, matchArtifact: { ...image.matchArtifact, ...match } };
    expect(imported({ expectedArtifacts: [one] }).pipeline).toMatchObject({
      sources: { image: { type: 'registry', repository, on: [], ...more } },
    });
    expect(at(imported({ expectedArtifacts: [one] }).pipeline, 'expectedArtifacts')).toBeUndefined();
  });

  it('Docker Hub has its whole name', () => {
    const one = { ...image, matchArtifact: { type: 'docker/image', name: 'nginx' } };
    expect(at(imported({ expectedArtifacts: [one] }).pipeline, 'sources', 'image', 'repository')).toBe(
      'docker.io/library/nginx',
    );
  });

  it('a default image is the tag of a run by hand', () => {
    const one = {
      ...image,
      useDefaultArtifact: true,
      defaultArtifact: { type: 'docker/image', reference: `${repository}:1.0` },
    };
    expect(at(imported({ expectedArtifacts: [one] }).pipeline, 'sources', 'image', 'default')).toEqual({ tag: '1.0' });
  });

  it('others stay, with ids that can be referred to and without what cannot be compared', () => {
    const one = {
      id: '6f1c9b8e',
      displayName: 'shop config',
      matchArtifact: { type: 's3/object', name: 's3://cfg/.*', version: '${trigger.x}', reference: '(?=a)b', id: 'ui' },
      usePriorArtifact: true,
      useDefaultArtifact: true,
      defaultArtifact: { customKind: true, id: 'ui' },
    };
    const { pipeline, notes } = imported({ expectedArtifacts: [one] });
    expect(pipeline.expectedArtifacts).toEqual([
      {
        id: 'shop_config',
        displayName: 'shop config',
        matchArtifact: { type: 's3/object', name: 's3://cfg/.*' },
        usePriorArtifact: true,
      },
    ]);
    expect(notes.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'expectedArtifacts[0].matchArtifact.version',
        'expectedArtifacts[0].matchArtifact.reference',
        'expectedArtifacts[0].defaultArtifact',
      ]),
    );
  });

  it('an image by a pattern stays, without its tag', () => {
    const one = { ...image, matchArtifact: { type: 'docker/image', name: 'gcr.io/p/.*', version: 'v.*' } };
    expect(imported({ expectedArtifacts: [one] }).pipeline.expectedArtifacts).toMatchObject([
      { matchArtifact: { type: 'docker/image', name: 'gcr.io/p/.*' } },
    ]);
    expect(notesAt({ expectedArtifacts: [one] }, 'expectedArtifacts[0].matchArtifact.version')).toMatch(/digest/);
  });
});

describe('docker triggers', () => {
  const v = { ...image, matchArtifact: { ...image.matchArtifact, version: 'v.*' } };

  it.each<[string, JsonObject, JsonObject]>([
    ['without a tag', docker, { shop: { on: ['push'], tags: { exclude: ['latest'] } } }],
    ['with a tag', { ...docker, tag: 'v.*' }, { shop: { on: ['push'], tags: { include: ['regex:v.*'] } } }],
    ['with any tag', { ...docker, tag: '.*' }, { shop: { on: ['push'] } }],
    ['switched off', { ...docker, enabled: false }, { shop: { on: [] } }],
    ['with a lookahead', { ...docker, tag: 'v(?!1).*' }, { shop: { on: [] } }],
    ['with a scheme', { ...docker, registry: 'https://registry.example.com/v2' }, { shop: { repository } }],
    [
      'of Docker Hub',
      { ...docker, registry: 'index.docker.io', repository: 'library/nginx' },
      { nginx: { repository: 'docker.io/library/nginx' } },
    ],
  ])('%s are sources', (_, trigger, sources) => {
    const { pipeline } = imported({ triggers: [trigger] });
    expect(pipeline.sources).toMatchObject(sources);
    expect(pipeline.triggers).toBeUndefined();
  });

  it.each<[string, string | undefined, JsonObject]>([
    ['no tag', undefined, { include: ['regex:v.*'], exclude: ['latest'] }],
    ['the same tag', '^v.*$', { include: ['regex:v.*'] }],
    ['any tag', '.*', { include: ['regex:v.*'] }],
  ])('%s and the version that is expected are one filter', (_, tag, tags) => {
    const trigger = { ...docker, ...(tag === undefined ? {} : { tag }), expectedArtifactIds: ['i-1'] };
    expect(at(imported({ expectedArtifacts: [v], triggers: [trigger] }).pipeline, 'sources')).toEqual({
      image: { type: 'registry', repository, on: ['push'], tags },
    });
  });

  it('two filters stay two: both must hold', () => {
    const { pipeline } = imported({ expectedArtifacts: [v], triggers: [{ ...docker, tag: '.*-rc' }] });
    expect(pipeline.sources).toEqual({
      image: { type: 'registry', repository, on: [], tags: { include: ['regex:v.*'] } },
    });
    expect(pipeline.triggers).toEqual([
      {
        type: 'docker',
        account: 'registry.example.com',
        repository: 'team/shop',
        tag: '.*-rc',
        enabled: true,
        expectedArtifactIds: ['image'],
      },
    ]);
  });

  it('without a host the expected image says it, else it stays a trigger', () => {
    const trigger = {
      type: 'docker',
      account: 'acc',
      repository: 'team/shop',
      expectedArtifactIds: ['i-1', 'nowhere'],
    };
    expect(
      at(imported({ expectedArtifacts: [image], triggers: [trigger] }).pipeline, 'sources', 'image', 'on'),
    ).toEqual(['push']);
    expect(imported({ triggers: [trigger] }).pipeline.triggers).toEqual([
      { type: 'docker', account: 'acc', repository: 'team/shop', enabled: true, expectedArtifactIds: [] },
    ]);
    expect(notesAt({ triggers: [trigger] }, 'triggers[0].expectedArtifactIds')).toMatch(/nowhere/);
  });
});

describe('other triggers', () => {
  it.each<[string, JsonObject, JsonObject]>([
    [
      'pipeline',
      { type: 'pipeline', pipeline: 'abc', status: ['successful'] },
      { pipeline: 'abc', on: ['buildSuccess'] },
    ],
    [
      'pipeline of any end',
      { type: 'pipeline', pipeline: 'abc', status: ['successful', 'failed'] },
      { pipeline: 'abc', on: ['buildSuccess'] },
    ],
    ['pipeline that failed', { type: 'pipeline', pipeline: 'abc', status: ['failed'] }, { pipeline: 'abc', on: [] }],
    ['pipeline, off', { type: 'pipeline', pipeline: 'abc', enabled: false }, { pipeline: 'abc', on: [] }],
    ['jenkins', { type: 'jenkins', master: 'ci', job: 'shop/main' }, { pipeline: 'shop/main', on: ['buildSuccess'] }],
  ])('%s is a pipeline source', (_, trigger, source) => {
    expect(at(imported({ triggers: [trigger] }).pipeline, 'sources', 'upstream')).toMatchObject({
      type: 'pipeline',
      ...source,
    });
  });

  it('a webhook stays one; without a constraint that means something it is switched off', () => {
    const trigger = { type: 'webhook', source: 's', enabled: true, payloadConstraints: { a: 'x', b: null, n: 1 } };
    const kept = {
      type: 'webhook',
      source: 's',
      enabled: true,
      payloadConstraints: { a: 'x', b: null, n: 1 },
      expectedArtifactIds: [],
    };
    expect(imported({ triggers: [trigger] }).pipeline.triggers).toEqual([kept]);
    const faulty = { ...trigger, payloadConstraints: { a: 'x', b: ['y'], c: '(?!z)' } };
    expect(imported({ triggers: [faulty] }).pipeline.triggers).toEqual([
      { ...kept, payloadConstraints: { a: 'x' }, enabled: false },
    ]);
    expect(notesAt({ triggers: [faulty] }, 'triggers[0].payloadConstraints.c')).toMatch(/switched off/);
  });

  it.each(['cron', 'git', 'pubsub', '', 'constructor'])('%j is noted', (type) => {
    const { pipeline, notes } = imported({ triggers: [{ type, source: 'github' }] });
    expect([pipeline.sources, pipeline.triggers]).toEqual([undefined, undefined]);
    expect(notes[0]).toMatchObject({ path: 'triggers[0]' });
  });
});

describe('stages', () => {
  const webhook = { type: 'webhook', url: 'https://x.example.com/' };

  it('are ordered by requisiteStageRefIds; what is left out is bridged', () => {
    const stages: Json = [
      { ...webhook, refId: '1', name: 'First' },
      { type: 'wait', refId: '2', requisiteStageRefIds: ['1'] },
      { type: 'bake', refId: '3', requisiteStageRefIds: ['2'] },
      { ...webhook, refId: 4, name: 'Last one', requisiteStageRefIds: ['3', '2', 'nowhere'] },
    ];
    expect(imported({ stages }).pipeline.stages).toMatchObject({ First: {}, Last_one: { needs: ['First'] } });
    expect(notesAt({ stages }, 'stages[1]')).toMatch(/wait/);
  });

  it('in a circle end', () => {
    const stages = [
      { ...webhook, refId: '1', requisiteStageRefIds: ['2'] },
      { type: 'wait', refId: '2', requisiteStageRefIds: ['3'] },
      { type: 'wait', refId: '3', requisiteStageRefIds: ['2', '1'] },
    ];
    expect(at(imported({ stages }).pipeline, 'stages', 'webhook', 'needs')).toBeUndefined();
    const two = [
      { ...webhook, name: 'a', refId: '1', requisiteStageRefIds: ['2'] },
      { ...webhook, name: 'b', refId: '2', requisiteStageRefIds: ['1'] },
    ];
    expect(imported({ stages: two }).pipeline.stages).toMatchObject({ a: {}, b: { needs: ['a'] } });
    expect(notesAt({ stages: two }, 'stages[0].requisiteStageRefIds')).toMatch(/circle/);
  });

  it('none of them left is one that does nothing, and says so', () => {
    const file = { stages: [{ type: 'bake', refId: '1' }] };
    expect(imported(file).pipeline.stages).toEqual({ received: {} });
    expect(notesAt(file, 'stages')).toMatch(/received/);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['roles', { selectedStageRoles: ['a', 'b'] }, { groups: ['a', 'b'], count: 1 }],
    ['nobody', {}, { groups: ['waybill-operators'], count: 1 }],
    ['a time', { selectedStageRoles: ['a'], stageTimeoutMs: 90_000 }, { groups: ['a'], count: 1, timeout: '90s' }],
    ['no time', { selectedStageRoles: ['a'], stageTimeoutMs: 'x' }, { groups: ['a'], count: 1 }],
  ])('a manual judgment of %s is an approval', (_, judgment, approval) => {
    const stages = [{ type: 'manualJudgment', refId: '1', name: 'ok', ...judgment }];
    expect(at(imported({ stages }).pipeline, 'stages', 'ok')).toEqual({ gates: [{ approval }] });
  });

  it('a manifest that is written out gets the images that are sources', () => {
    const container = { image: `${repository}:\${trigger['tag']}`, env: ['$[x]', '${parameters.p}', '${#x}'] };
    const stages = [
      {
        type: 'deployManifest',
        refId: '1',
        account: 'k8s',
        source: 'text',
        manifests: [{ containers: [container, { image: 'nginx:1' }] }],
      },
    ];
    const { pipeline, notes } = imported({ stages, expectedArtifacts: [image], parameterConfig: [{ name: 'p' }] });
    expect(at(pipeline, 'stages', 'deployManifest', 'steps', 'main', 'with')).toEqual({
      cluster: 'k8s',
      manifest: [
        { containers: [{ image: '$[sources.image]', env: ['$$[x]', '${p}', '$${#x}'] }, { image: 'nginx:1' }] },
      ],
    });
    expect(notes.map(({ path }) => path)).toContain('stages[0].manifests[0].containers[0].env[2]');
  });

  it('a manifest from an artifact is a reference', () => {
    const config = { id: 'm-1', displayName: 'config', matchArtifact: { type: 'github/file', name: 'a.yaml' } };
    const stage = {
      type: 'deployManifest',
      refId: '1',
      source: 'artifact',
      manifestArtifactId: 'm-1',
      requiredArtifactIds: ['i-1'],
    };
    const { pipeline } = imported({ stages: [stage], expectedArtifacts: [image, config] });
    expect(at(pipeline, 'stages', 'deployManifest', 'steps', 'main', 'with')).toEqual({
      cluster: 'default',
      manifest: '$[sources.config]',
      variables: [{ key: 'image', value: '$[sources.image]' }],
    });
  });

  it('an artifact of a stage is the default of an expectation', () => {
    const manifestArtifact = { type: 'http/file', reference: 'https://f.io/a.yaml' };
    const stage = {
      type: 'deployManifest',
      refId: '1',
      source: 'artifact',
      manifestArtifact,
      manifestArtifactAccount: 'files',
    };
    expect(imported({ stages: [stage] }).pipeline.expectedArtifacts).toEqual([
      {
        id: 'manifest',
        matchArtifact: { type: 'http/file' },
        useDefaultArtifact: true,
        defaultArtifact: { ...manifestArtifact, artifactAccount: 'files' },
      },
    ]);
  });

  it.each<[string, JsonObject]>([
    ['no manifest', { type: 'deployManifest', source: 'text', manifests: [] }],
    ['a manifest of nothing', { type: 'deployManifest', source: 'artifact', manifestArtifactId: 'x' }],
    ['no URL', { type: 'webhook', url: 'ftp://x' }],
    ['a password in the URL', { type: 'webhook', url: 'https://a:b@x.example.com/' }],
    ['no pipeline', { type: 'pipeline', pipeline: '${parameters.p}' }],
  ])('with %s are left out', (_, stage) => {
    const { pipeline, notes } = imported({ stages: [{ refId: '1', ...stage }] });
    expect(pipeline.stages).toEqual({ received: {} });
    expect(notes.some(({ message }) => message.includes('left out'))).toBe(true);
  });

  it('a pipeline is started with its parameters', () => {
    const stage = {
      type: 'pipeline',
      refId: '1',
      pipeline: 'child-1',
      pipelineParameters: { a: "${parameters['p']}", n: 1, o: {} },
      waitForCompletion: false,
    };
    const { pipeline } = imported({ stages: [stage], parameterConfig: [{ name: 'p' }] });
    expect(at(pipeline, 'stages', 'pipeline', 'steps', 'main')).toEqual({
      step: 'pipeline',
      with: { pipeline: 'child-1', parameters: { a: '${p}', n: '1' }, wait: false },
    });
  });
});
