import type { Digest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import { parseReference } from '../../../domain/reference.ts';
import { readImageId } from './image-id.ts';
import type { KubeClient } from './kube-client.ts';
import {
  type Container,
  containersOf,
  isOwnedBy,
  itemsOf,
  type KubeObject,
  selectorText,
  textAt,
  titleOf,
  valueAt,
} from './kube-object.ts';

export type RunningImages =
  | { readonly kind: 'known'; readonly digests: readonly Digest[] }
  /** A pod of an earlier template still lives, or one has not said what it runs. */
  | { readonly kind: 'notYet' }
  | { readonly kind: 'failed'; readonly code: 'nothingRuns' | 'notComparable'; readonly message: string };

/**
 * What the nodes report of some containers in every living pod of a workload whose rollout is complete. A CronJob has no pods of
 * its own: what it was given is read back. Containers that end before the others start do not run, and are left out.
 */
export async function runningImages(
  kube: KubeClient,
  workload: KubeObject,
  names: readonly string[],
): Promise<RunningImages> {
  const wanted = containersOf(workload).filter((one) => !one.isInit && names.includes(one.name));
  if (textAt(workload, 'kind') === 'CronJob') return { kind: 'known', digests: wanted.flatMap(specDigest) };
  const pods = await livingPods(kube, workload);
  if (pods === undefined) return { kind: 'notYet' };
  if (pods.length === 0) {
    const message = `No pod of ${titleOf(workload)} runs, so nobody can say what it runs.`;
    return { kind: 'failed', code: 'nothingRuns', message };
  }
  return readPods(pods, names);
}

function specDigest({ image }: Container): readonly Digest[] {
  const digest = parseReference(image)?.digest;
  return digest === undefined ? [] : [digest];
}

function readPods(pods: readonly KubeObject[], names: readonly string[]): RunningImages {
  const digests = new Set<Digest>();
  for (const pod of pods) {
    for (const name of names) {
      const status = itemsOf(valueAt(pod, 'status', 'containerStatuses')).find((one) => one.name === name);
      if (status === undefined || valueAt(status, 'state', 'running') === undefined) return { kind: 'notYet' };
      const imageId = textAt(status, 'imageID');
      const read = readImageId(imageId);
      if (read.kind === 'none') return { kind: 'notYet' };
      if (read.kind !== 'digest') return notComparable(pod, name, imageId ?? '');
      digests.add(read.digest);
    }
  }
  return { kind: 'known', digests: [...digests] };
}

function notComparable(pod: KubeObject, container: string, imageId: string): RunningImages {
  const message = `${titleOf({ kind: 'Pod', ...pod })}, container ${container}, reports the image ${imageId.slice(0, 200)}: no digest that a registry knows, so nobody can compare it. Images loaded into a node, not pulled, are like that.`;
  return { kind: 'failed', code: 'notComparable', message };
}

/** Of the newest template; undefined while one of an earlier template lives. */
async function livingPods(kube: KubeClient, workload: KubeObject): Promise<readonly KubeObject[] | undefined> {
  const namespace = textAt(workload, 'metadata', 'namespace');
  const uid = textAt(workload, 'metadata', 'uid');
  const selector = selectorText(workload);
  if (uid === undefined || namespace === undefined || selector === undefined) {
    throw new Failure('targetRefused', `${titleOf(workload)} does not say which pods are its own.`);
  }
  const pods = await kube.list({ apiVersion: 'v1', kind: 'Pod', namespace, selector });
  const living = pods.filter(isLiving);
  if (textAt(workload, 'kind') !== 'Deployment') {
    const own = living.filter((pod) => isOwnedBy(pod, uid));
    return isNewest(workload, own) ? own : undefined;
  }
  const sets = await kube.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, selector });
  const own = sets.filter((set) => isOwnedBy(set, uid)).sort((one, other) => revisionOf(other) - revisionOf(one));
  const ofSet = (set: KubeObject) => living.filter((pod) => isOwnedBy(pod, textAt(set, 'metadata', 'uid') ?? ''));
  const [newest, ...earlier] = own;
  if (newest === undefined || earlier.some((set) => ofSet(set).length > 0)) return undefined;
  return ofSet(newest);
}

function isLiving(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return valueAt(pod, 'metadata', 'deletionTimestamp') === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

/** Pods carry the hash of their template; only a StatefulSet says which is the newest, of a DaemonSet all must have one. */
function isNewest(workload: KubeObject, pods: readonly KubeObject[]): boolean {
  const newest = textAt(workload, 'status', 'updateRevision');
  const hashes = new Set(pods.map((pod) => textAt(pod, 'metadata', 'labels', 'controller-revision-hash')));
  return newest === undefined ? hashes.size < 2 : [...hashes].every((hash) => hash === newest);
}

function revisionOf(set: KubeObject): number {
  return Number(textAt(set, 'metadata', 'annotations', 'deployment.kubernetes.io/revision') ?? 0);
}
