import { describe, expect, it } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { importFlow } from './import-flow.ts';
import type { ImportNote } from './imported.ts';

const apply = { step: 'KubectlApply', with: { kubernetesCluster: 'c-1', namespace: 'shop', yamlPath: 'k8s/a.yaml' } };
const deploying = { deploy: { jobs: { job: { steps: { apply } } } } };

function imported(file: JsonObject): { readonly pipeline: JsonObject; readonly notes: readonly ImportNote[] } {
  const result = importFlow({ name: 'shop', stages: deploying, ...file });
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

it.each<[Json, string]>([
  [null, ''],
  [[], ''],
  ['name: x', ''],
  [{}, 'stages'],
  [{ stages: {} }, 'stages'],
  [{ stages: [1] }, 'stages'],
])('%j is no pipeline', (file, path) => {
  expect(importFlow(file)).toMatchObject({ kind: 'invalid', errors: [{ path }] });
});

describe('the top', () => {
  it('variables are parameters', () => {
    const variables: Json = [
      { key: 'a', value: 1, type: 'Number' },
      { key: 'b', value: { x: 1 }, type: 'Object' },
      { key: 'PIPELINE_ID', value: 'x' },
      { key: 'a b', value: 'x' },
      { key: '__proto__', value: 'x' },
      'x',
    ];
    expect(imported({ variables }).pipeline.parameters).toEqual({ a: '1', b: '{"x":1}' });
    for (const index of [2, 3, 4, 5]) expect(notesAt({ variables }, `variables[${index}]`)).toMatch(/left out/);
  });

  it.each<[JsonObject, string | undefined]>([
    [{}, undefined],
    [{ concurrencyConfig: { maxRunningPipelineInstances: 1 } }, 'queue'],
    [
      { concurrencyConfig: { maxRunningPipelineInstances: 1, pipelineMaxRunningBehavior: 'preemptOldest' } },
      'supersede',
    ],
    [{ concurrencyConfig: { maxRunningPipelineInstances: 3 } }, 'parallel'],
  ])('%j is %s', (file, concurrency) => {
    expect(imported(file).pipeline.concurrency).toBe(concurrency);
  });

  it.each(['cache', 'mountDirs', 'variableGroups', 'somethingNew'])('%s is noted', (key) => {
    expect(notesAt({ [key]: ['x'] }, key)).toMatch(/counterpart/);
  });
});

describe('sources', () => {
  const acr = { type: 'acr', region: 'cn-hangzhou', instance: 'demo', namespace: 'ns', imageRepo: 'shop' };
  const repository = 'demo-registry.cn-hangzhou.cr.aliyuncs.com/ns/shop';

  it.each<[string, JsonObject, JsonObject]>([
    ['acr', acr, { type: 'registry', repository, on: [] }],
    ['acr, pushed', { ...acr, triggerEvents: 'pushCompleted' }, { on: ['push'] }],
    [
      'acr, pushed and scanned',
      { ...acr, triggerEvents: ['pushCompleted', 'scanCompleted', 'x'] },
      { on: ['push', 'scan'] },
    ],
    ['acr with a default', { ...acr, imageTag: 'V1.0' }, { default: { tag: 'V1.0' } }],
    ['acr with a filter', { ...acr, versionFilter: 'V.*' }, { tags: { include: ['regex:V.*'] } }],
    ['acr with what hardly is one', { ...acr, versionFilter: 'myapp-V*' }, { tags: { include: ['regex:myapp-V*'] } }],
    ['acr with a wildcard', { ...acr, versionFilter: '*-V' }, { tags: { include: ['*-V'] } }],
    ['acr with a lookahead', { ...acr, versionFilter: 'V(?!1)', triggerEvents: 'pushCompleted' }, { on: [] }],
    [
      'flowPipeline',
      {
        type: 'flowPipeline',
        flowPipeline: 'n86bmctmphs84icj',
        build: 'lastSuccessfulBuild',
        triggerEvents: 'buildSuccess',
      },
      { type: 'pipeline', pipeline: 'n86bmctmphs84icj', build: 'lastSuccessfulBuild', on: ['buildSuccess'] },
    ],
    ['flowPipeline, one build', { type: 'flowPipeline', flowPipeline: 'n8', build: 12 }, { build: '12', on: [] }],
    [
      'jenkins',
      { type: 'jenkins', job: 'shop/main', triggerEvents: ['buildSuccess'] },
      { type: 'pipeline', pipeline: 'shop/main', on: ['buildSuccess'] },
    ],
    [
      'packages',
      { type: 'packages', repoType: 'generic', repo: 'r', artifact: 'a', version: '1', triggerEvents: 'x' },
      { type: 'artifact', artifactType: 'http/file', name: 'generic/r/a', on: ['push'], default: { version: '1' } },
    ],
  ])('%s', (_, source, expected) => {
    expect(at(imported({ sources: { s: source } }).pipeline, 'sources', 's')).toMatchObject(expected);
  });

  it.each([
    ['myapp-V*', /any number of "V".*write "myapp-V\*"/],
    ['V.*', /^$/],
    ['(V|W)*', /^$/],
    ['[0-9]*', /^$/],
  ])('the filter %s is noted where it reads like a wildcard', (versionFilter, message) => {
    expect(notesAt({ sources: { s: { ...acr, versionFilter } } }, 'sources.s.versionFilter')).toMatch(message);
  });

  it.each(['codeup', 'github', 'gitlab', 'git', 'svn', 'gitSample', 'new'])('%s stays where it is', (type) => {
    const file = { sources: { s: { type, endpoint: 'https://x.example.com/a.git', triggerEvents: 'push' } } };
    expect(at(imported(file).pipeline, 'sources', 's')).toBeUndefined();
    expect([notesAt(file, 'sources.s'), notesAt(file, 'sources.s.triggerEvents')]).not.toContain('');
  });

  it('a certificate is an account', () => {
    const certificate = { type: 'serviceConnection', serviceConnection: 'Acr_Conn' };
    expect(notesAt({ sources: { s: { ...acr, certificate } } }, 'sources.s.certificate')).toMatch(
      /the account "acr-conn"/,
    );
  });

  it('without a repository it is left out', () => {
    const file = { sources: { s: { ...acr, imageRepo: '??' }, t: 'x' } };
    expect(at(imported(file).pipeline, 'sources', 's')).toBeUndefined();
    expect([notesAt(file, 'sources.s'), notesAt(file, 'sources.t')]).not.toContain('');
  });
});

describe('stages', () => {
  const vm = {
    component: 'VMDeploy',
    with: {
      artifact: '$[sources.s]',
      machineGroup: 'm',
      artifactDownloadPath: '/a.tgz',
      executeUser: 'root',
      run: 'ls',
    },
  };
  const build = {
    steps: { b: { step: 'DockerBuildPush', with: { artifact: 'img', image: 'r.example.com/ns/app:${DATETIME}' } } },
  };

  it('are a chain in the order written, over what is left out', () => {
    const stages = {
      b: { jobs: { build } },
      a: deploying.deploy,
      x: { jobs: { build } },
      c: deploying.deploy,
      d: { jobs: {} },
      e: deploying.deploy,
    };
    const made = imported({ stages }).pipeline.stages;
    expect(Object.keys(isJsonObject(made) ? made : {})).toEqual(['a', 'c', 'e']);
    expect([at(made, 'a', 'needs'), at(made, 'c', 'needs'), at(made, 'e', 'needs')]).toEqual([undefined, ['a'], ['c']]);
  });

  it('jobs keep their needs, over what is left out', () => {
    const jobs = {
      one: { steps: { apply } },
      two: { ...build, needs: 'one' },
      three: { needs: ['two', 'nowhere'], steps: { apply } },
    };
    const made = at(imported({ stages: { s: { jobs } } }).pipeline, 'stages', 's', 'jobs');
    expect(made).toMatchObject({ one: {}, three: { needs: ['one'] } });
    expect(at(made, 'two')).toBeUndefined();
  });

  it.each<[string, string | undefined, boolean]>([
    ['always()', 'always', false],
    ['failed(job)', 'failure', false],
    ["${{ failed('a.b') }}", 'failure', false],
    ['succeed(job)', undefined, false],
    ['"${CI_COMMIT_REF_NAME}" == "develop"', undefined, true],
    ['always() && weekDay() == 1', undefined, true],
  ])('the condition %s is %s', (condition, when, noted) => {
    const file = { stages: { s: { jobs: { j: { condition, steps: { apply } } } } } };
    expect(at(imported(file).pipeline, 'stages', 's', 'jobs', 'j', 'when')).toBe(when);
    expect(notesAt(file, 'stages.s.jobs.j.condition') !== '').toBe(noted);
  });

  it.each(['runsOn', 'timeoutMinutes', 'sourceOption', 'plugins'])('%s of a job is noted', (key) => {
    const file = {
      stages: {
        s: { jobs: { j: { [key]: [7], ...(key === 'timeoutMinutes' ? { [key]: 7 } : {}), steps: { apply } } } },
      },
    };
    expect(notesAt(file, `stages.s.jobs.j.${key}`)).toMatch(/counterpart/);
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'all of them',
      { validatorType: 'users', validateMethod: 'and', validatorUsers: ['u1', 'u2'] },
      { groups: ['u1', 'u2'], count: 2 },
    ],
    [
      'any of them',
      { validatorType: 'users', validateMethod: 'or', validatorUsers: ['u1', 'u2'] },
      { groups: ['u1', 'u2'], count: 1 },
    ],
    [
      'the other spelling',
      { validateMethod: 'and', validators: ['u1', 'u2', 'u1'], message: 'look' },
      { groups: ['u1', 'u2'], count: 2 },
    ],
    ['one as a text', { validators: 'u1' }, { groups: ['u1'], count: 1 }],
    ['numbers', { validators: [7] }, { groups: ['7'], count: 1 }],
    ['nobody', {}, { groups: ['waybill-operators'], count: 1 }],
    ['unusable names', { validators: ['a b'], validateMethod: 'and' }, { groups: ['waybill-operators'], count: 1 }],
    [
      'too many',
      { validators: Array.from({ length: 30 }, (_, index) => `u${index}`), validateMethod: 'and' },
      { count: 20 },
    ],
  ])('ManualValidate asks %s', (_, given, approval) => {
    const stages = { check: { jobs: { ask: { component: 'ManualValidate', with: given } } }, ...deploying };
    const { pipeline } = imported({ stages });
    expect(at(pipeline, 'stages', 'check')).toMatchObject({ gates: [{ approval }] });
    expect(at(pipeline, 'stages', 'deploy', 'needs')).toEqual(['check']);
  });

  it('ManualValidate has its time, and gates its whole stage', () => {
    const jobs = {
      ask: { component: 'ManualValidate', timeoutMinutes: 90, with: { validatorUsers: ['u'] } },
      a: { needs: 'ask', steps: { apply } },
      b: { steps: { apply } },
    };
    const file = { stages: { s: { jobs } } };
    expect(at(imported(file).pipeline, 'stages', 's', 'gates')).toEqual([
      { approval: { groups: ['u'], count: 1, timeout: '90m' } },
    ]);
    expect(notesAt(file, 'stages.s.jobs.b')).toMatch(/approval/);
    expect(notesAt(file, 'stages.s.jobs.a')).toBe('');
    expect(at(imported(file).pipeline, 'stages', 's', 'jobs', 'a', 'needs')).toBeUndefined();
  });

  it('a job that is driven by hand is an approval', () => {
    const file = { stages: { s: { jobs: { j: { driven: 'manual', steps: { apply } } } } } };
    expect(at(imported(file).pipeline, 'stages', 's', 'gates')).toEqual([
      { approval: { groups: ['waybill-operators'], count: 1 } },
    ]);
  });

  it('VMDeploy is vm-deploy', () => {
    const given = {
      ...vm.with,
      run: 'echo ${HOME} ${PIPELINE_ID} $[x]',
      batchNumber: 2,
      pauseStrategy: 'FirstBatchPause',
      downloadArtifact: true,
    };
    const file = {
      sources: { s: { type: 'packages', repo: 'r', artifact: 'a' } },
      stages: { s: { jobs: { j: { ...vm, with: given } } } },
    };
    expect(at(imported(file).pipeline, 'stages', 's', 'jobs', 'j', 'steps', 'VMDeploy')).toEqual({
      step: 'vm-deploy',
      with: {
        artifact: '$[sources.s]',
        machines: 'tag:waybill-group=m',
        downloadPath: '/a.tgz',
        user: 'root',
        run: 'echo $${HOME} ${PIPELINE_ID} $$[x]',
        batches: 2,
      },
    });
    expect(notesAt(file, 'stages.s.jobs.j.with.machineGroup')).toMatch(/waybill-group/);
    expect(notesAt(file, 'stages.s.jobs.j.with.pauseStrategy')).toMatch(/counterpart/);
    expect(notesAt(file, 'stages.s.jobs.j.with.run')).toMatch(/HOME/);
  });

  it.each(['artifact', 'machineGroup', 'artifactDownloadPath'])('VMDeploy without %s is left out', (key) => {
    const file = { stages: { s: { jobs: { j: { ...vm, with: { ...vm.with, [key]: '' } } } } } };
    expect(imported(file).pipeline.stages).toEqual({ received: {} });
    expect(notesAt(file, 'stages.s.jobs.j.with')).toMatch(/left out/);
  });

  it.each(['JavaBuild', 'ArtifactUpload', 'DockerLogin', 'Command', 'constructor'])('%s is noted', (step) => {
    const file = { stages: { s: { jobs: { j: { steps: { x: { step, with: { serviceConnection: 'conn' } } } } } } } };
    expect(notesAt(file, 'stages.s.jobs.j.steps.x')).toMatch(/counterpart/);
    expect(notesAt(file, 'stages.s.jobs.j.steps.x.with.serviceConnection')).toMatch(/the account "conn"/);
  });

  it.each(['KubernetesBatchDeploy', 'AppStackFlowDeploy', 'ECSAppDeploy'])('the component %s is noted', (component) => {
    expect(notesAt({ stages: { s: { jobs: { j: { component, with: {} } } } } }, 'stages.s.jobs.j')).toMatch(
      /counterpart/,
    );
  });
});

describe('KubectlApply', () => {
  const repo = {
    type: 'github',
    endpoint: 'git@github.com:o/r.git',
    branch: 'main',
    certificate: { serviceConnection: 'gh' },
  };
  const step = ['stages', 'deploy', 'jobs', 'job', 'steps', 'apply'];

  it('takes a file of GitHub or GitLab from there, once', () => {
    const { pipeline } = imported({ sources: { repo }, stages: { ...deploying, again: deploying.deploy } });
    expect(at(pipeline, ...step)).toEqual({
      step: 'kubernetes-apply',
      with: { cluster: 'c-1', namespace: 'shop', manifest: '$[sources.manifest]' },
    });
    expect(pipeline.expectedArtifacts).toEqual([
      {
        id: 'manifest',
        matchArtifact: { type: 'github/file', name: 'k8s/a.yaml' },
        useDefaultArtifact: true,
        defaultArtifact: {
          type: 'github/file',
          reference: 'https://api.github.com/repos/o/r/contents/k8s/a.yaml',
          name: 'k8s/a.yaml',
          version: 'main',
          artifactAccount: 'gh',
        },
      },
    ]);
    const gitlab = imported({ sources: { repo: { endpoint: 'https://gitlab.com/g/h/r', type: 'gitlab' } } }).pipeline
      .expectedArtifacts;
    expect(gitlab).toMatchObject([
      {
        defaultArtifact: {
          type: 'gitlab/file',
          reference: 'https://gitlab.com/api/v4/projects/g%2Fh%2Fr/repository/files/k8s%2Fa.yaml/raw',
        },
      },
    ]);
  });

  it.each<[string, JsonObject]>([
    ['no source', {}],
    ['another host', { repo: { ...repo, endpoint: 'https://codeup.aliyun.com/o/r.git' } }],
    ['two of them', { repo, other: repo }],
  ])('with %s the manifest is to be posted', (_, sources) => {
    const { pipeline } = imported({ sources });
    expect(at(pipeline, 'sources', 'manifest')).toEqual({
      type: 'artifact',
      artifactType: 'http/file',
      name: 'shop/k8s/a.yaml',
      on: [],
    });
    expect(at(pipeline, ...step, 'with', 'manifest')).toBe('$[sources.manifest]');
  });

  it('two of them, and one is the workspace', () => {
    expect(
      at(imported({ sources: { repo, other: {} }, defaultWorkspace: 'repo' }).pipeline, 'expectedArtifacts'),
    ).toHaveLength(1);
  });

  it.each([
    ['kubectlVersion', '1.27'],
    ['skipTlsVerify', true],
    ['useReplace', true],
    ['skipVariableVerify', true],
  ])('%s is noted', (key, value) => {
    const stages = {
      deploy: { jobs: { job: { steps: { apply: { ...apply, with: { ...apply.with, [key]: value } } } } } },
    };
    expect(notesAt({ stages }, `stages.deploy.jobs.job.steps.apply.with.${key}`)).toMatch(/counterpart/);
  });
});

describe('references', () => {
  const sources = {
    image: { type: 'acr', region: 'cn-hangzhou', instance: 'demo', namespace: 'ns', imageRepo: 'shop' },
    up: { type: 'flowPipeline', flowPipeline: 'n8' },
    'my-package': { type: 'packages', repo: 'r', artifact: 'a' },
    code: { type: 'codeup' },
  };
  const build = {
    push: { step: 'DockerBuildPush', with: { artifact: 'img', image: '${HOST}/ns/app:${DATETIME}' } },
    acr: { step: 'ACRDockerBuild', with: { artifact: 'acr', dockerRegistry: 'r.example.com/ns/app', dockerTag: '1' } },
    other: { step: 'DockerBuildPush', with: { artifact: 'x', image: '${NOBODY}/ns/app' } },
    upload: { step: 'ArtifactUpload', with: { uploadType: 'flowPublic', artifact: 'Artifacts_${PIPELINE_ID}' } },
  };
  const variables = [{ key: 'HOST', value: 'r.example.com' }];

  it.each([
    ['$[sources.image]', '$[sources.image]'],
    ['$[sources.image.dockerUrl]', '$[sources.image.dockerUrl]'],
    ['$[sources.my-package.downloadUrl]', '$[sources.my_package.downloadUrl]'],
    ['$[sources.up.stages.a.b.c.artifacts.default]', '$[sources.up.stages.a.b.c.artifacts.default]'],
    ['$[sources.image.stages.a.b.c.artifacts.default]', '$$[sources.image.stages.a.b.c.artifacts.default]'],
    ['$[sources.code]', '$$[sources.code]'],
    ['$[stages.build.job.push.artifacts.img]', '$[sources.img]'],
    ['$[stages.build.job.acr.artifacts.acr]', '$[sources.acr]'],
    ['$[stages.build.job.push.artifacts.img#digest]', '$[sources.img.digest]'],
    ['$[stages.build.job.other.artifacts.x]', '$[sources.build.stages.build.job.other.artifacts.x]'],
    [
      '$[stages.build.job.upload.artifacts.Artifacts_${PIPELINE_ID}]',
      '$[sources.build.stages.build.job.upload.artifacts.Artifacts_${PIPELINE_ID}]',
    ],
    ['$[stages.nowhere.job.step.artifacts.default]', '$[sources.build.stages.nowhere.job.step.artifacts.default]'],
    ['$[jobs.before.step.artifacts.default]', '$[sources.build.stages.deploy.before.step.artifacts.default]'],
    ['$[stages.deploy.job.apply.artifacts.default]', '$$[stages.deploy.job.apply.artifacts.default]'],
    ['${PIPELINE_ID}-${HOST}-${CI_COMMIT_ID}', '${PIPELINE_ID}-${HOST}-${CI_COMMIT_ID}'],
  ])('%s is %s', (value, expected) => {
    const step = { ...apply, with: { ...apply.with, variables: [{ key: 'v', value }] } };
    const stages = {
      build: { jobs: { job: { steps: build } } },
      deploy: { jobs: { job: { steps: { apply: step } } } },
    };
    const { pipeline } = imported({ sources, variables, stages });
    expect(at(pipeline, 'stages', 'deploy', 'jobs', 'job', 'steps', 'apply', 'with', 'variables')).toEqual([
      { key: 'v', value: expected },
    ]);
  });

  it('what a build pushes is a source, once for each repository', () => {
    const value = '$[stages.build.job.push.artifacts.img] $[stages.build.job.acr.artifacts.acr]';
    const step = { ...apply, with: { ...apply.with, variables: [{ key: 'v', value }] } };
    const stages = {
      build: { jobs: { job: { steps: build } } },
      deploy: { jobs: { job: { steps: { apply: step } } } },
    };
    const made = imported({ variables, stages }).pipeline.sources;
    expect(made).toMatchObject({ img: { type: 'registry', repository: 'r.example.com/ns/app', on: ['push'] } });
    expect(at(made, 'acr')).toBeUndefined();
  });

  it('a variable that nothing sets is a parameter, and said so', () => {
    const step = { ...apply, with: { ...apply.with, namespace: '${NS}' } };
    const file = { stages: { deploy: { jobs: { job: { steps: { apply: step } } } } } };
    expect(imported(file).pipeline.parameters).toEqual({ NS: '' });
    expect(notesAt(file, 'stages.deploy.jobs.job.steps.apply.with.namespace')).toMatch(/parameter/);
  });
});
