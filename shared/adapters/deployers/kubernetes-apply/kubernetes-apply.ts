import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import type { Digest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';
import { parseReference } from '../../../domain/reference.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import type { ClusterUse } from '../kubernetes/cluster-login.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import { containersOf, type KubeObject, textAt } from '../kubernetes/kube-object.ts';
import { readInput } from '../kubernetes/read-input.ts';
import { stepAnnotation } from '../kubernetes/step-annotation.ts';
import { maxManifestBytes, readObjects } from './manifest.ts';
import { parseManifest, putVariables, type Variable } from './put-variables.ts';
import { type WorkloadState, watchWorkload } from './watch-workload.ts';

export interface KubernetesApplyOptions {
  /** A client for the cluster that the step names, for a pipeline that may use that account. */
  client(use: ClusterUse): Promise<KubeClient>;
  /** Bytes of an artifact that the run has. Failures: contentNotFound, contentDenied. */
  content(artifact: Artifact, pipeline: string): Promise<Uint8Array>;
}

interface Input {
  readonly cluster: string;
  readonly namespace?: string;
  readonly manifest: Json;
  readonly variables?: readonly Variable[];
}

const fieldManager = 'waybill';
const watchedKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'];

/**
 * The step `kubernetes-apply`: objects of a manifest, each by server-side apply in their order; rollouts of its workloads are
 * watched, and what their pods run of the wanted image is read back. Failures: invalidInput, tooLarge, digestRequired,
 * targetNotFound, targetChanged, rolloutFailed, nothingRuns, notComparable, those of content and of the cluster.
 */
export function createKubernetesApplyDeployer(options: KubernetesApplyOptions): Deployer {
  return {
    kind: 'kubernetes-apply',
    async run(request) {
      const input: Input = readInput(stepInputs['kubernetes-apply'], request.with);
      const objects = readObjects(await documentsOf(options, request, input), input.namespace);
      checkWanted(request, objects);
      const kube = await options.client({ cluster: input.cluster, pipeline: request.pipeline });
      const placed: KubeObject[] = [];
      for (const object of objects) {
        const one = request.memory === undefined ? await apply(kube, input, { object, key: request.key }) : object;
        placed.push(one);
      }
      return watch(kube, { ...request, objects: placed }, input.namespace ?? 'default');
    },
  };
}

async function documentsOf(
  { content }: KubernetesApplyOptions,
  request: StepRequest,
  { manifest, variables = [] }: Input,
): Promise<readonly Json[]> {
  if (typeof manifest !== 'string') return [putVariables(bounded(manifest), variables)];
  const artifact = request.artifacts.find(({ reference }) => reference === manifest);
  if (artifact === undefined && /\n|^\s*\{/.test(manifest)) return parseManifest(manifest, variables);
  if (artifact === undefined) {
    throw new Failure(
      'contentNotFound',
      `manifest is "${manifest.slice(0, 200)}", which is no artifact of this run and no YAML.`,
    );
  }
  const bytes = await content(artifact, request.pipeline);
  if (bytes.length > maxManifestBytes) throw tooLarge(bytes.length);
  return parseManifest(textOf(bytes), variables);
}

function bounded(manifest: Json): Json {
  const { length } = JSON.stringify(manifest);
  if (length > maxManifestBytes) throw tooLarge(length);
  return manifest;
}

function tooLarge(size: number): Failure {
  return new Failure('tooLarge', `The manifest has ${size} bytes; at most ${maxManifestBytes} are applied.`);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Failure('invalidInput', 'The manifest is not text in UTF-8.');
  }
}

/** A manifest that forgot the image would deploy something else and say nothing. */
function checkWanted({ wanted }: StepRequest, objects: readonly KubeObject[]): void {
  if (wanted === undefined || objects.some((object) => JSON.stringify(object).includes(wanted))) return;
  throw new Failure('invalidInput', `This step refers to ${wanted}, and no object of its manifest has that image.`);
}

/** The same apply again changes nothing, so a step that died in here is done again from its beginning. */
async function apply(
  kube: KubeClient,
  { namespace }: Input,
  { object, key }: { readonly object: KubeObject; readonly key: string },
): Promise<KubeObject> {
  const { metadata } = object;
  const given = isJsonObject(metadata) ? metadata : {};
  const annotations = isJsonObject(given.annotations) ? given.annotations : {};
  const isNamespaced = await kube.isNamespaced(textAt(object, 'apiVersion') ?? '', textAt(object, 'kind') ?? '');
  const { namespace: own = namespace ?? 'default', ...rest } = given;
  const placed: JsonObject = {
    ...rest,
    ...(isNamespaced ? { namespace: own } : {}),
    annotations: { ...annotations, ...stepAnnotation(key) },
  };
  await kube.apply({ ...object, metadata: placed }, fieldManager);
  return object;
}

async function watch(
  kube: KubeClient,
  { objects, wanted }: { readonly objects: readonly KubeObject[]; readonly wanted?: Digest },
  namespace: string,
): Promise<StepAnswer> {
  const states: WorkloadState[] = [];
  for (const object of objects.filter((one) => watchedKinds.includes(textAt(one, 'kind') ?? ''))) {
    const names = wantedContainers(object, wanted);
    states.push(
      await watchWorkload(kube, object, { namespace: textAt(object, 'metadata', 'namespace') ?? namespace, names }),
    );
  }
  const failed = states.find((state) => state.kind === 'failed');
  if (failed !== undefined) return failed;
  if (states.some(({ kind }) => kind === 'underWay')) return { kind: 'poll', memory: { applied: true } };
  const digests = new Set(states.flatMap((state) => (state.kind === 'complete' ? state.digests : [])));
  const [observed, ...others] = digests;
  return observed === undefined ? { kind: 'done', artifacts: [] } : { kind: 'done', observed, others, artifacts: [] };
}

function wantedContainers(object: KubeObject, wanted: Digest | undefined): readonly string[] {
  const running = containersOf(object).filter(({ isInit }) => !isInit);
  return running
    .filter(({ image }) => wanted !== undefined && parseReference(image)?.digest === wanted)
    .map(({ name }) => name);
}
