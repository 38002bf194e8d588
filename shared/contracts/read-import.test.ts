import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importFlow } from '../domain/import/import-flow.ts';
import { importSpinnaker } from '../domain/import/import-spinnaker.ts';
import type { Imported } from '../domain/import/imported.ts';
import type { Json } from '../domain/json.ts';
import { noteFaults, readFlowImport, readImport } from './read-import.ts';

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function flow(text: string): Imported {
  const document = readFlowImport(bytes(text), 'application/yaml');
  if (document.kind !== 'ok') expect.fail(JSON.stringify(document));
  return importFlow(document.value);
}

/** Faults of the file that was made, besides those of whoever has to be there when it is put. */
function faultsOf(imported: Imported): readonly string[] {
  if (imported.kind === 'invalid') return imported.errors.map(({ path, message }) => `${path}: ${message}`);
  return noteFaults(imported.pipeline).map(({ message }) => message);
}

const stage =
  'stages: {s: {jobs: {j: {steps: {a: {step: KubectlApply, with: {kubernetesCluster: c, namespace: n, yamlPath: a.yaml}}}}}}}';
const withSource = (source: string) => `name: shop\nsources: {src: ${source}}\n${stage}`;
const withJob = (job: string) =>
  `name: shop\nstages: {s: {name: S, jobs: {j: ${job}, k: {needs: [j], steps: {a: {step: KubectlApply, with: {kubernetesCluster: c}}}}}}}`;
const withStep = (step: string) => withJob(`{steps: {x: ${step}}}`);
const withValue = (value: string) =>
  withStep(
    `{step: KubectlApply, with: {kubernetesCluster: c, namespace: n, yamlPath: k8s/, variables: [{key: image, value: '${value}'}]}}`,
  );
const ok = '{type: serviceConnection, serviceConnection: conn}';

describe("Flow's forms are imported and can be put", () => {
  it.each<[string, string]>([
    ['a name in Chinese', `name: 构建\n${stage}`],
    ['no name', stage],
    [
      'variables',
      `name: a\nvariables: [{key: A, value: x}, {key: B, value: 2, type: Number}, {key: C, value: true, type: Boolean}]\n${stage}`,
    ],
    [
      'variable groups, cache, mounts',
      `name: a\nvariableGroups: [g-1]\ncache: [/root/.m2]\nmountDirs: [/a]\ndefaultWorkspace: src\n${stage}`,
    ],
    [
      'concurrency',
      `name: a\nconcurrencyConfig: {maxRunningPipelineInstances: 1, pipelineMaxRunningBehavior: preemptOldest}\n${stage}`,
    ],
    ...['codeup', 'github', 'gitlab', 'git', 'svn'].map((type): [string, string] => [
      type,
      withSource(
        `{type: ${type}, endpoint: 'https://x.example.com/a.git', branch: master, branchesFilter: '^m.*', pathFilter: '.*', cloneDepth: 1, submodule: true, triggerEvents: [push, tagPush, mergeRequestMerged], certificate: ${ok}}`,
      ),
    ]),
    ['gitSample', withSource("{type: gitSample, endpoint: 'https://x.example.com/a.git', branch: master}")],
    ['jenkins', withSource('{type: jenkins, name: j}')],
    [
      'flowPipeline',
      withSource(
        '{type: flowPipeline, name: up, flowPipeline: n86bmctmphs84icj, build: lastSuccessfulBuild, triggerEvents: buildSuccess}',
      ),
    ],
    [
      'packages',
      withSource(`{type: packages, repoType: generic, repo: r, artifact: a, version: '1.0', certificate: ${ok}}`),
    ],
    [
      'acr',
      withSource(
        `{type: acr, region: cn-hangzhou, instance: cri-1, namespace: ns, imageRepo: shop, imageTag: latest, versionFilter: 'myapp-V*', triggerEvents: [pushCompleted, scanCompleted], certificate: ${ok}}`,
      ),
    ],
    ['acr that cannot be guessed', withSource('{type: acr, region: cn-hangzhou}')],
    ['runsOn as a text', withJob('{name: J, runsOn: public/cn-beijing, steps: {}}')],
    ['runsOn as an object', withJob('{runsOn: {group: g, container: c, instanceType: LARGE}, steps: {}}')],
    [
      'a condition',
      withJob(
        `{condition: '"\${CI_COMMIT_REF_NAME}" == "develop" && timeIn("20:00:00","22:00:00")', driven: auto, timeoutMinutes: 240, sourceOption: [src], steps: {}}`,
      ),
    ],
    ['a job by hand', withJob('{driven: manual, steps: {}}')],
    ['plugins', withJob('{plugins: [{name: W, plugin: WebhookPlugin, triggerState: [success], with: {}}]}')],
    ['DockerLogin', withStep('{step: DockerLogin, with: {dockerRepository: r, serviceConnection: conn}}')],
    [
      'DockerBuildPush',
      withStep(
        "{step: DockerBuildPush, with: {artifact: i, image: 'r.example.com/a:${DATETIME}', dockerfilePath: Dockerfile, cacheType: remote}}",
      ),
    ],
    [
      'ACRDockerBuild',
      withStep(
        '{step: ACRDockerBuild, with: {artifact: i, dockerfilePath: D, dockerRegistry: r/a, useVpcAddress: false, dockerTag: x, region: cn, serviceConnection: c}}',
      ),
    ],
    [
      'ArtifactUpload',
      withStep(
        '{step: ArtifactUpload, with: {uploadType: packages, artifact: a, version: 1.0, repo: r, filePath: [a]}}',
      ),
    ],
    [
      'KubectlApply',
      withStep(
        "{step: KubectlApply, with: {kubernetesCluster: c, kubectlVersion: 1.27.9, namespace: n, yamlPath: k8s/a.yaml, skipTlsVerify: false, useReplace: false, skipVariableVerify: false, variables: [{key: image, value: '$[stages.b.j.s.artifacts.i]'}]}}",
      ),
    ],
    [
      'VMDeploy',
      withJob(
        "{component: VMDeploy, with: {artifact: '$[stages.b.j.s.artifacts.default]', machineGroup: g, artifactDownloadPath: /home/admin/app.tgz, executeUser: root, run: 'tar xf ${X:-a} && echo $$', downloadArtifact: true, useEncode: false, pauseStrategy: firstBatchPause, batchNumber: 2}}",
      ),
    ],
    ...['KubernetesBatchDeploy', 'KubernetesBlueGreenDeploy', 'AppStackFlowDeploy', 'ECSAppDeploy'].map(
      (name): [string, string] => [name, withJob(`{component: ${name}, with: {a: 1}}`)],
    ),
    [
      'ManualValidate',
      withJob(
        '{component: ManualValidate, with: {validatorType: users, validateMethod: and, validatorUsers: [u1, u2]}}',
      ),
    ],
    ['ManualValidate, spelt otherwise', withJob('{component: ManualValidate, with: {validators: [u1], message: ok?}}')],
    ['nothing but what stays', 'name: a\nstages: {s: {jobs: {j: {steps: {x: {step: JavaBuild}}}}}}'],
    ...[
      '$[jobs.j.s.artifacts.a]',
      '$[stages.s.j.s.artifacts.a_${PIPELINE_ID}]',
      '$[sources.src.stages.a.b.c.artifacts.d]',
      '$[sources.src]',
      '$[sources.src.dockerUrl]',
      '${A}',
      '$${A}',
      '$[',
      '${',
    ].map((value): [string, string] => [value, withValue(value)]),
  ])('%s', (_, text) => {
    expect(faultsOf(flow(text))).toEqual([]);
  });
});

describe('templates of Flow', () => {
  const text = `# template=true
name: {{ .name }}
stages:
{{ range $e := .envList }}
  deploy_{{ $e.id }}:
    jobs:
      j:
        steps:
          a: {step: KubectlApply, with: {kubernetesCluster: "{{ $e.cluster }}"}}
{{ end }}
`;

  it('are read with the names of what stands in them, and noted', () => {
    const document = readFlowImport(bytes(text), 'application/yaml');
    if (document.kind !== 'ok') expect.fail(JSON.stringify(document));
    expect(document.notes.map(({ path }) => path)).toEqual(['', 'line 2', 'line 4', 'line 5', 'line 9', 'line 10']);
    expect(importFlow(document.value)).toMatchObject({ pipeline: { name: 'name', stages: { deploy_id: {} } } });
  });

  it('are only those that say so', () => {
    expect(readFlowImport(bytes(text.slice(text.indexOf('\n') + 1)), 'application/yaml').kind).toBe('malformed');
  });
});

describe('bounds', () => {
  const laughs = `a: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`).join('\n')}\n${stage}`;

  it.each<[string, string, string, string]>([
    ['too many aliases', laughs, 'application/yaml', 'malformed'],
    ['too large', `name: ${'x'.repeat(256 * 1024)}`, 'application/yaml', 'tooLarge'],
    ['too deep', '['.repeat(60) + ']'.repeat(60), 'application/json', 'malformed'],
    ['no YAML', 'a: [', 'application/yaml', 'malformed'],
    ['no JSON', '{', 'application/json', 'malformed'],
    ['no UTF-8', '\ud800', 'application/xml', 'unsupported'],
    ['a key twice', 'a: 1\na: 2', 'application/yaml', 'invalid'],
  ])('%s is refused', (_, text, mediaType, kind) => {
    expect(readFlowImport(bytes(text), mediaType).kind).toBe(kind);
    expect(readImport(bytes(text), mediaType).kind).toBe(kind);
  });
});

const folder = join(import.meta.dirname, '..', '..', 'examples', 'import');

it.each(readdirSync(folder))('examples/import/%s becomes a file that can be put', (name) => {
  const isFlow = name.endsWith('.yaml');
  const body = readFileSync(join(folder, name));
  const document = isFlow ? readFlowImport(body, 'application/yaml') : readImport(body, 'application/json');
  if (document.kind !== 'ok') expect.fail(JSON.stringify(document));
  const imported = isFlow ? importFlow(document.value) : importSpinnaker(document.value);
  expect(faultsOf(imported)).toEqual([]);
  expect(imported.kind === 'ok' ? imported.notes.length : 0).toBeGreaterThan(10);
});

describe('whatever comes', () => {
  const word = fc.constantFrom(
    ...[
      '',
      'a',
      'A-b',
      '构',
      '1',
      '$[sources.a]',
      '${x}',
      '$[',
      '${',
      '${parameters.a}',
      '(',
      '.*',
      '(?=x)',
      'r.example.com/a',
      'latest',
      '__proto__',
      'constructor',
    ],
    ...[
      'docker/image',
      'docker',
      'webhook',
      'pipeline',
      'manualJudgment',
      'deployManifest',
      'acr',
      'packages',
      'github',
      'KubectlApply',
      'VMDeploy',
      'ManualValidate',
      'text',
      'artifact',
    ],
  );
  const keys = fc.constantFrom(
    ...[
      'name',
      'type',
      'id',
      'refId',
      'requisiteStageRefIds',
      'stages',
      'triggers',
      'expectedArtifacts',
      'matchArtifact',
      'defaultArtifact',
      'useDefaultArtifact',
      'version',
      'reference',
      'tag',
      'registry',
      'repository',
      'account',
      'manifests',
      'manifestArtifact',
      'manifestArtifactId',
      'image',
      'url',
      'payload',
      'pipeline',
      'parameterConfig',
      'default',
      'expectedArtifactIds',
      'payloadConstraints',
    ],
    ...[
      'sources',
      'jobs',
      'steps',
      'step',
      'component',
      'with',
      'needs',
      'condition',
      'variables',
      'key',
      'value',
      'artifact',
      'machineGroup',
      'artifactDownloadPath',
      'run',
      'yamlPath',
      'kubernetesCluster',
      'endpoint',
      'branch',
      'versionFilter',
      'imageTag',
      'region',
      'instance',
      'namespace',
      'imageRepo',
      'validators',
      'driven',
      'timeoutMinutes',
      'a',
      'b',
    ],
  );
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 6 }),
    ),
  }));
  const nested = (names: readonly string[], inner: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
    names.reduceRight<fc.Arbitrary<Json>>((made, name) => made.map((one) => ({ [name]: one })), inner);
  const files = fc.oneof(
    value,
    fc.record({
      name: word,
      stages: fc.array(fc.dictionary(keys, value)),
      triggers: fc.array(fc.dictionary(keys, value)),
      expectedArtifacts: fc.array(fc.dictionary(keys, value)),
    }),
    fc.record({
      name: word,
      sources: fc.dictionary(word, fc.dictionary(keys, value)),
      stages: nested(['a', 'jobs', 'b', 'steps', 'c'], fc.dictionary(keys, value)),
    }),
  );

  it.each([
    ['Spinnaker', importSpinnaker],
    ['Flow', importFlow],
  ] as const)('%s: a file with notes or an error with a path, never a throw', (_, translate) => {
    fc.assert(
      fc.property(files, (file) => {
        const sent: Json = JSON.parse(JSON.stringify(file));
        const imported = translate(sent);
        if (imported.kind === 'invalid') {
          expect(imported.errors.length).toBeGreaterThan(0);
          return;
        }
        const again = translate(sent);
        expect(again).toEqual(imported);
        expect(Array.isArray(noteFaults(imported.pipeline))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
