import type { Digest } from '../../../domain/digest.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import { containersOf, type KubeObject, textAt, titleOf } from '../kubernetes/kube-object.ts';
import { rolloutOf } from '../kubernetes/rollout.ts';
import { runningImages } from '../kubernetes/running-images.ts';

export type WorkloadState =
  | { readonly kind: 'underWay' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'complete'; readonly digests: readonly Digest[] };

export interface WorkloadPlace {
  readonly namespace: string;
  /** Containers that have the wanted image. */
  readonly names: readonly string[];
}

/** How an object that was applied stands now, and what its pods run in the containers that were asked about. */
export async function watchWorkload(kube: KubeClient, object: KubeObject, at: WorkloadPlace): Promise<WorkloadState> {
  const apiVersion = textAt(object, 'apiVersion') ?? '';
  const kind = textAt(object, 'kind') ?? '';
  const found = await kube.find({
    apiVersion,
    kind,
    namespace: at.namespace,
    name: textAt(object, 'metadata', 'name') ?? '',
  });
  if (found === undefined) {
    return { kind: 'failed', code: 'targetChanged', message: `${titleOf(object)} was deleted meanwhile.` };
  }
  const workload = { ...found, apiVersion, kind };
  const changed = changedContainer(object, workload);
  if (changed !== undefined) {
    return { kind: 'failed', code: 'targetChanged', message: `${titleOf(object)} was changed meanwhile: ${changed}.` };
  }
  const rollout = rolloutOf(workload);
  if (rollout.kind === 'underWay') return rollout;
  if (rollout.kind === 'failed') return { ...rollout, code: 'rolloutFailed' };
  // What the step does not want to see may have no pods.
  if (at.names.length === 0) return { kind: 'complete', digests: [] };
  if (rollout.kind === 'nothing') {
    const message = `${titleOf(workload)} is to have no pods, so nobody can say what it runs.`;
    return { kind: 'failed', code: 'nothingRuns', message };
  }
  const running = await runningImages(kube, workload, at.names);
  if (running.kind === 'failed') return running;
  return running.kind === 'notYet' ? { kind: 'underWay' } : { kind: 'complete', digests: running.digests };
}

function changedContainer(applied: KubeObject, present: KubeObject): string | undefined {
  const now = new Map(containersOf(present).map(({ name, image }) => [name, image]));
  const other = containersOf(applied).find(({ name, image }) => now.get(name) !== image);
  return other && `container ${other.name} has ${now.get(other.name) ?? 'gone'} instead of ${other.image}`;
}
