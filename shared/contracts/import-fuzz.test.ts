import fc from 'fast-check';
import { expect, it } from 'vitest';
import { importFlow } from '../domain/import/import-flow.ts';
import { importSpinnaker } from '../domain/import/import-spinnaker.ts';
import type { Imported } from '../domain/import/imported.ts';
import type { Json } from '../domain/json.ts';
import { noteFaults } from './read-import.ts';

/** Files of the right form with anything in their fields: what comes out is a file that can be put. */

const any = fc.constantFrom<Json>(
  ...[
    '',
    '  ',
    'a',
    'A-b',
    '构',
    'a\nb',
    'constructor',
    'latest',
    '1.0',
    'y'.repeat(2000),
    'z'.repeat(600),
    1,
    true,
    null,
    {},
    [],
  ],
  ...['$[sources.a]', '$[stages.a.b.c.artifacts.d]', '$[', '${', '${x}', '${parameters.a}', '(', '.*', '(?=x)'],
  ...['r.example.com/a', 'nginx:1', 's3://a/b', 'https://x.example.com/z'],
);

function part(fields: Readonly<Record<string, fc.Arbitrary<Json>>>): fc.Arbitrary<Json> {
  return fc.record(fields, { requiredKeys: [] }).map((made) => JSON.parse(JSON.stringify(made)));
}

function fields(names: string): Readonly<Record<string, fc.Arbitrary<Json>>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, any]));
}

const some = (one: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.array(one, { maxLength: 3 });
const map = (keys: readonly string[], one: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.dictionary(fc.constantFrom(...keys), one, { maxKeys: 3 });
const oneOf = (...words: readonly Json[]): fc.Arbitrary<Json> => fc.constantFrom(...words);

const artifact = part({
  ...fields('name version reference location artifactAccount'),
  type: fc.oneof(any, oneOf('docker/image', 'github/file')),
});
const expected = part({
  ...fields('id displayName usePriorArtifact'),
  matchArtifact: fc.oneof(artifact, any),
  useDefaultArtifact: fc.oneof(any, oneOf(true)),
  defaultArtifact: fc.oneof(artifact, any),
});
const trigger = part({
  ...fields('enabled account registry repository tag pipeline job source status'),
  type: oneOf('docker', 'pipeline', 'webhook', 'jenkins', 'Docker', 'cron'),
  expectedArtifactIds: some(any),
  payloadConstraints: map(['a', '$.b', '$['], any),
});
const spinnakerStage = part({
  ...fields(
    'refId name account source manifestArtifactId manifestArtifactAccount stageTimeoutMs url payload pipeline namespaceOverride',
  ),
  type: oneOf('deployManifest', 'manualJudgment', 'pipeline', 'webhook', 'bake'),
  requisiteStageRefIds: some(any),
  manifests: some(map(['image', 'a'], any)),
  manifestArtifact: artifact,
  requiredArtifactIds: some(any),
  expectedArtifacts: some(expected),
  selectedStageRoles: some(any),
  customHeaders: map(['a', 'Host', 'x y', 'webhook-id'], any),
  pipelineParameters: map(['a', 'b c'], any),
});
const spinnaker = fc
  .tuple(
    part({
      ...fields('name application description limitConcurrent'),
      parameterConfig: some(part(fields('name default'))),
      expectedArtifacts: some(expected),
      triggers: some(trigger),
    }),
    some(spinnakerStage),
  )
  .map(([top, stages]): Json => ({ ...(typeof top === 'object' ? top : {}), stages }));

const ids = ['a', 'b', 'c', 'A-b', '构', '1', '__proto', 'x'.repeat(80)];
const id = oneOf(...ids);
const source = part({
  ...fields(
    'branch certificate region instance namespace imageRepo imageTag versionFilter repo artifact repoType version flowPipeline build job',
  ),
  type: oneOf('acr', 'github', 'packages', 'flowPipeline', 'jenkins'),
  endpoint: fc.oneof(any, oneOf('https://github.com/a/b')),
  triggerEvents: fc.oneof(any, oneOf('pushCompleted', 'buildSuccess')),
});
const step = part({
  step: oneOf('KubectlApply', 'VMDeploy', 'ManualValidate', 'DockerBuildPush', 'JavaBuild'),
  with: part({
    ...fields(
      'kubernetesCluster namespace artifact machineGroup artifactDownloadPath executeUser run batchNumber validateMethod image serviceConnection',
    ),
    yamlPath: fc.oneof(any, oneOf('a.yaml', 'a(.yaml')),
    variables: some(part(fields('key value'))),
    validators: fc.oneof(any, some(any)),
  }),
});
const job = part({
  needs: fc.oneof(id, some(id)),
  condition: oneOf('always()', 'failed(a)', 'x'),
  driven: oneOf('manual', 'auto'),
  timeoutMinutes: any,
  sourceOption: some(id),
  steps: map(ids, step),
});
const flow = part({
  ...fields('name'),
  sources: map(ids, source),
  variables: some(part(fields('key value'))),
  defaultWorkspace: id,
  concurrencyConfig: part(fields('maxRunningPipelineInstances pipelineMaxRunningBehavior')),
  stages: map(ids, part({ name: any, jobs: map(ids, job) })),
});

it.each<[string, fc.Arbitrary<Json>, (file: Json) => Imported]>([
  ['Spinnaker', spinnaker, importSpinnaker],
  ['Flow', flow, importFlow],
])('%s', (_, files, translate) => {
  fc.assert(
    fc.property(files, (file) => {
      const imported = translate(file);
      if (imported.kind === 'ok') expect(noteFaults(imported.pipeline)).toEqual([]);
      else expect(imported.errors).not.toEqual([]);
    }),
    { numRuns: 500 },
  );
});
