import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../domain/json.ts';
import { readImageId } from './image-id.ts';
import { rolloutOf } from './rollout.ts';

function workload(kind: string, spec: JsonObject, status: JsonObject): JsonObject {
  return { kind, metadata: { name: 'web', generation: 2 }, spec, status: { observedGeneration: 2, ...status } };
}

const all = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
const exceeded = [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded', message: 'x' }];
const sts = { replicas: 2, readyReplicas: 2, currentRevision: 'b', updateRevision: 'b' };
const ds = { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 };

describe('rolloutOf', () => {
  it.each<[string, string, JsonObject, JsonObject, string]>([
    ['all there', 'Deployment', { replicas: 2 }, all, 'complete'],
    [
      'one replica when nothing is said',
      'Deployment',
      {},
      { replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
      'complete',
    ],
    ['not seen yet', 'Deployment', { replicas: 2 }, { ...all, observedGeneration: 1 }, 'underWay'],
    ['no status', 'Deployment', { replicas: 2 }, { observedGeneration: 0 }, 'underWay'],
    ['some are old', 'Deployment', { replicas: 2 }, { ...all, updatedReplicas: 1 }, 'underWay'],
    ['old ones go', 'Deployment', { replicas: 2 }, { ...all, replicas: 3 }, 'underWay'],
    ['not available yet', 'Deployment', { replicas: 2 }, { ...all, availableReplicas: 1 }, 'underWay'],
    ['stuck', 'Deployment', { replicas: 2 }, { ...all, availableReplicas: 0, conditions: exceeded }, 'failed'],
    [
      'an older generation was stuck',
      'Deployment',
      { replicas: 2 },
      { observedGeneration: 1, conditions: exceeded },
      'underWay',
    ],
    ['paused', 'Deployment', { replicas: 2, paused: true }, all, 'failed'],
    ['none wanted', 'Deployment', { replicas: 0 }, {}, 'nothing'],
    ['none wanted, some left', 'Deployment', { replicas: 0 }, { replicas: 1 }, 'underWay'],
    ['all there', 'StatefulSet', { replicas: 2 }, sts, 'complete'],
    ['of two revisions', 'StatefulSet', { replicas: 2 }, { ...sts, currentRevision: 'a' }, 'underWay'],
    ['not ready', 'StatefulSet', { replicas: 2 }, { ...sts, readyReplicas: 1 }, 'underWay'],
    ['a partition', 'StatefulSet', { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } }, sts, 'failed'],
    ['by hand', 'StatefulSet', { replicas: 2, updateStrategy: { type: 'OnDelete' } }, sts, 'failed'],
    ['none wanted', 'StatefulSet', { replicas: 0 }, {}, 'nothing'],
    ['all there', 'DaemonSet', {}, ds, 'complete'],
    ['some are old', 'DaemonSet', {}, { ...ds, updatedNumberScheduled: 1 }, 'underWay'],
    ['not available', 'DaemonSet', {}, { ...ds, numberAvailable: 1 }, 'underWay'],
    ['no node for it', 'DaemonSet', {}, { desiredNumberScheduled: 0 }, 'nothing'],
    ['at once', 'CronJob', {}, {}, 'complete'],
  ])('%s: %s', (_name, kind, spec, status, expected) => {
    expect(rolloutOf(workload(kind, spec, status)).kind).toBe(expected);
  });
});

describe('readImageId', () => {
  const hex = 'a'.repeat(64);
  it.each([
    [`docker-pullable://registry.example.com/shop@sha256:${hex}`, 'digest'],
    [`registry.example.com:5000/shop@sha256:${hex}`, 'digest'],
    [`sha256:${hex}`, 'config'],
    [`docker://sha256:${hex}`, 'config'],
    [hex, 'config'],
    [`@sha256:${hex}`, 'unknown'],
    ['registry.example.com/shop@sha512:abc', 'unknown'],
    ['registry.example.com/shop:1', 'unknown'],
    ['', 'none'],
    [undefined, 'none'],
  ])('%s: %s', (text, kind) => {
    expect(readImageId(text).kind).toBe(kind);
  });
});
