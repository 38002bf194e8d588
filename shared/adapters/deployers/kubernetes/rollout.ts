import { itemsOf, type KubeObject, numberAt, textAt, titleOf, valueAt } from './kube-object.ts';

export type Rollout =
  | { readonly kind: 'complete' }
  | { readonly kind: 'underWay' }
  | { readonly kind: 'failed'; readonly message: string }
  /** It is to have no pods. */
  | { readonly kind: 'nothing' };

/** How far a workload has got with its newest template, as `kubectl rollout status` sees it (k8s.io/kubectl/pkg/polymorphichelpers). */
export function rolloutOf(workload: KubeObject): Rollout {
  const kind = textAt(workload, 'kind');
  if (kind === 'CronJob') return { kind: 'complete' };
  const stuck = stuckBecause(workload);
  if (stuck !== undefined) return { kind: 'failed', message: `${titleOf(workload)} ${stuck}.` };
  const generation = numberAt(workload, 'metadata', 'generation') ?? 0;
  if ((numberAt(workload, 'status', 'observedGeneration') ?? 0) < generation) return { kind: 'underWay' };
  if (kind === 'Deployment') return deploymentRollout(workload);
  if (kind === 'StatefulSet') return statefulSetRollout(workload);
  return daemonSetRollout(workload);
}

/** Settings with which the newest template never reaches every pod, however long one waits. */
function stuckBecause(workload: KubeObject): string | undefined {
  if (valueAt(workload, 'spec', 'paused') === true) return 'is paused, so nothing is rolled out';
  if (textAt(workload, 'spec', 'updateStrategy', 'type') === 'OnDelete') {
    return 'has the update strategy OnDelete, so its pods change only when somebody deletes them';
  }
  const partition = numberAt(workload, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') ?? 0;
  return partition > 0 ? `has the partition ${partition}, so pods below it keep the earlier image` : undefined;
}

function deploymentRollout(workload: KubeObject): Rollout {
  const conditions = itemsOf(valueAt(workload, 'status', 'conditions'));
  const progressing = conditions.find((one) => one.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    const message = `${titleOf(workload)} did not get on within its progressDeadlineSeconds: ${textAt(progressing, 'message') ?? 'no reason is given'}`;
    return { kind: 'failed', message };
  }
  const wanted = numberAt(workload, 'spec', 'replicas') ?? 1;
  const replicas = numberAt(workload, 'status', 'replicas') ?? 0;
  const updated = numberAt(workload, 'status', 'updatedReplicas') ?? 0;
  const available = numberAt(workload, 'status', 'availableReplicas') ?? 0;
  if (updated < wanted || replicas > updated || available < updated) return { kind: 'underWay' };
  return wanted === 0 ? { kind: 'nothing' } : { kind: 'complete' };
}

function statefulSetRollout(workload: KubeObject): Rollout {
  const wanted = numberAt(workload, 'spec', 'replicas') ?? 1;
  const ready = numberAt(workload, 'status', 'readyReplicas') ?? 0;
  const replicas = numberAt(workload, 'status', 'replicas') ?? 0;
  const isNewest = textAt(workload, 'status', 'currentRevision') === textAt(workload, 'status', 'updateRevision');
  if (wanted === 0) return replicas === 0 ? { kind: 'nothing' } : { kind: 'underWay' };
  return isNewest && ready >= wanted && replicas <= wanted ? { kind: 'complete' } : { kind: 'underWay' };
}

function daemonSetRollout(workload: KubeObject): Rollout {
  const wanted = numberAt(workload, 'status', 'desiredNumberScheduled') ?? 0;
  const updated = numberAt(workload, 'status', 'updatedNumberScheduled') ?? 0;
  const available = numberAt(workload, 'status', 'numberAvailable') ?? 0;
  if (updated < wanted || available < wanted) return { kind: 'underWay' };
  return wanted === 0 ? { kind: 'nothing' } : { kind: 'complete' };
}
