import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Digest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { parseReference } from '../../../domain/reference.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import type { ClusterUse } from '../kubernetes/cluster-login.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import { containersOf, type KubeObject, podSpecPath, textAt, titleOf } from '../kubernetes/kube-object.ts';
import { readInput } from '../kubernetes/read-input.ts';
import { rolloutOf } from '../kubernetes/rollout.ts';
import { runningImages } from '../kubernetes/running-images.ts';
import { stepAnnotation } from '../kubernetes/step-annotation.ts';

export interface KubernetesImageOptions {
  /** A client for the cluster that the step names, for a pipeline that may use that account. */
  client(use: ClusterUse): Promise<KubeClient>;
}

interface Input {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';
  readonly workload: string;
  readonly container: string;
  readonly image: string;
  readonly digest: Digest;
}

/**
 * The step `kubernetes-image`: one container of a workload gets an image by digest, by server-side apply; the rollout is watched,
 * then the digest that the nodes report of that container in every pod. Failures: invalidInput, digestRequired, targetNotFound,
 * targetChanged, rolloutFailed, nothingRuns, notComparable, and those of the cluster.
 */
export function createKubernetesImageDeployer({ client }: KubernetesImageOptions): Deployer {
  const clientOf = (request: StepRequest, { cluster }: Input) => client({ cluster, pipeline: request.pipeline });
  return {
    kind: 'kubernetes-image',
    async run(request) {
      const input = parseInput(request.with);
      const kube = await clientOf(request, input);
      const workload = await getWorkload(kube, input);
      const { memory } = request;
      return memory === undefined
        ? start(kube, input, { workload, key: request.key })
        : watch(kube, input, { workload, memory });
    },
    async cancel(request) {
      const before = request.memory?.before;
      if (typeof before !== 'string') return;
      const input = parseInput(request.with);
      const kube = await clientOf(request, input);
      const workload = await getWorkload(kube, input);
      if (imageIn(workload, input) !== input.image) return;
      await kube.apply(patchOf(workload, { ...input, image: before, key: request.key }), managerOf(input));
    },
  };
}

function parseInput(given: JsonObject): Input {
  const input = readInput(stepInputs['kubernetes-image'], given);
  const reference = parseReference(input.image);
  if (reference?.digest === undefined) {
    throw new Failure('digestRequired', `image is ${input.image}; kubernetes-image takes repository@sha256:… only`);
  }
  return { ...input, image: `${reference.repository}@${reference.digest}`, digest: reference.digest };
}

async function getWorkload(kube: KubeClient, input: Input): Promise<KubeObject> {
  const { namespace, kind, workload: name } = input;
  const apiVersion = kind === 'CronJob' ? 'batch/v1' : 'apps/v1';
  const found = await kube.find({ apiVersion, kind, namespace, name });
  if (found === undefined) throw new Failure('targetNotFound', `Namespace ${namespace} has no ${kind} ${name}.`);
  return { ...found, apiVersion, kind };
}

function imageIn(workload: KubeObject, { container }: Input): string {
  const containers = containersOf(workload).filter(({ isInit }) => !isInit);
  const found = containers.find(({ name }) => name === container);
  if (found !== undefined) return found.image;
  const names = containers.map(({ name }) => name).join(', ') || 'none';
  throw new Failure('targetNotFound', `${titleOf(workload)} has no container "${container}"; it has ${names}.`);
}

/** A workload that has the image already is not written to; so a step that died in here is done again from its beginning. */
async function start(
  kube: KubeClient,
  input: Input,
  at: { readonly workload: KubeObject; readonly key: string },
): Promise<StepAnswer> {
  const { workload, key } = at;
  const before = imageIn(workload, input);
  const uid = textAt(workload, 'metadata', 'uid') ?? '';
  if (before === input.image) return watch(kube, input, { workload, memory: { uid } });
  const applied = await kube.apply(patchOf(workload, { ...input, key }), managerOf(input));
  return watch(kube, input, { workload: applied, memory: { uid, before } });
}

/**
 * Each container has a manager of its own: what a manager no longer names in a later apply is taken away, so the image of another
 * container, or a manifest that kubernetes-apply applied, would be lost under a shared one.
 */
function managerOf({ container }: Input): string {
  return `waybill-image-${container}`;
}

/** The uid is a condition: an object that was deleted meanwhile is not made anew of this patch alone. */
function patchOf(workload: KubeObject, change: Input & { readonly key: string }): KubeObject {
  const path = podSpecPath(change.kind) ?? [];
  const containers: Json = { containers: [{ name: change.container, image: change.image }] };
  const { name, namespace, uid } = {
    name: change.workload,
    namespace: change.namespace,
    uid: textAt(workload, 'metadata', 'uid'),
  };
  return {
    apiVersion: textAt(workload, 'apiVersion') ?? '',
    kind: change.kind,
    metadata: { name, namespace, ...(uid === undefined ? {} : { uid }), annotations: stepAnnotation(change.key) },
    ...[...path].reverse().reduce<JsonObject>((inner, key) => ({ [key]: inner }), containers),
  };
}

async function watch(
  kube: KubeClient,
  input: Input,
  { workload, memory }: { readonly workload: KubeObject; readonly memory: JsonObject },
): Promise<StepAnswer> {
  const image = imageIn(workload, input);
  if (image !== input.image || textAt(workload, 'metadata', 'uid') !== memory.uid) {
    const message = `${titleOf(workload)} was given ${image} meanwhile, or made anew; this step gave it ${input.image}.`;
    return { kind: 'failed', code: 'targetChanged', message };
  }
  const rollout = rolloutOf(workload);
  if (rollout.kind === 'failed') return { ...rollout, code: 'rolloutFailed' };
  if (rollout.kind === 'nothing') {
    const message = `${titleOf(workload)} is to have no pods, so nobody can say what it runs.`;
    return { kind: 'failed', code: 'nothingRuns', message };
  }
  return rollout.kind === 'underWay' ? { kind: 'poll', memory } : observe(kube, input, { workload, memory });
}

async function observe(
  kube: KubeClient,
  { container }: Input,
  { workload, memory }: { readonly workload: KubeObject; readonly memory: JsonObject },
): Promise<StepAnswer> {
  const running = await runningImages(kube, workload, [container]);
  if (running.kind === 'failed') return running;
  const [observed, ...others] = running.kind === 'known' ? running.digests : [];
  if (observed === undefined) return { kind: 'poll', memory };
  return { kind: 'done', observed, others, artifacts: [] };
}
