import * as z from 'zod/mini';
import type { Arrival, EnvironmentLock, Head, VerifiedDeployment } from '../../domain/environment.ts';
import type { DeployIntent, HeadKey } from '../../ports/environment-store.ts';
import { type IndexKeys, itemKind } from './item.ts';
import { key, timeKey } from './key.ts';

const text = z.string().check(z.minLength(1));
const place = { environment: text, pipeline: text };

/** `at`: when this deployment came there, and `since` its digest. It and `rev` are the store's own. */
export type StoredHead = Head & { readonly at: number; readonly rev: number };

const headShape = { ...place, stage: text, digest: text, order: text, executionId: text, since: z.number() };
export const headKind = itemKind<StoredHead>('head', {
  ...headShape,
  at: z.number(),
  rev: z.int().check(z.positive()),
});
export const historyKind = itemKind<Head>('headHistory', headShape);
export const environmentKind = itemKind<{ readonly environment: string }>('environment', { environment: text });
export const verifiedKind = itemKind<VerifiedDeployment>('verified', { ...place, digest: text, at: z.number() });
const attempt = z.int().check(z.positive());
const stages = z.array(text);
export const lockKind = itemKind<EnvironmentLock>('lock', { ...place, holder: text, order: text, attempt, stages });
export const arrivalKind = itemKind<Arrival>('arrival', {
  ...place,
  order: text,
  executionId: text,
  attempt,
  stage: text,
});
export const intentKind = itemKind<DeployIntent>('intent', { order: text, executionId: text, node: text });

export const environmentsPartition = 'ENVIRONMENTS';

export const headPartition = (environment: string) => key('HEADS', environment);
export const headItem = (head: HeadKey) => ({
  pk: headPartition(head.environment),
  sk: key(head.pipeline, head.stage, head.job, head.step),
});

export const historyPartition = (environment: string) => key('HEADHISTORY', environment);

/** Sorts by time. Named by what the head says and by nothing else, so that whoever makes it good makes the same. */
export function historyItem({ pipeline, executionId, stage, job, step, digest, at, environment }: StoredHead) {
  const name = key(pipeline, executionId, `${stage}/${job}/${step}`, digest);
  return { pk: historyPartition(environment), sk: `${timeKey(at)}#${name}` };
}

export const verifiedPartition = (environment: string, digest: string) => key('VERIFIED', environment, digest);
export const verifiedItem = (deployment: VerifiedDeployment) => ({
  pk: verifiedPartition(deployment.environment, deployment.digest),
  sk: key(deployment.executionId, deployment.node),
});
export const verifiedByRevision = (environment: string, repository: string, revision: string) =>
  key('VERIFIEDREVISION', environment, repository, revision);

export function verifiedIndexes(deployment: VerifiedDeployment): IndexKeys {
  const { environment, repository, revision, at } = deployment;
  if (revision === undefined) return {};
  const { pk, sk } = verifiedItem(deployment);
  return { gsi1: [verifiedByRevision(environment, repository, revision), `${timeKey(at)}#${key(pk, sk)}`] };
}

export const lockItem = (environment: string, pipeline: string) => ({
  pk: key('LOCK', environment, pipeline),
  sk: 'LOCK',
});

export const arrivalPartition = (environment: string, pipeline: string) => key('ARRIVALS', environment, pipeline);
export const arrivalItem = (arrival: Omit<Arrival, 'ready' | 'attempt'>) => ({
  pk: arrivalPartition(arrival.environment, arrival.pipeline),
  sk: key(arrival.order, arrival.executionId, arrival.stage),
});

export const intentItem = (head: HeadKey) => ({
  pk: key('INTENT', head.environment, head.pipeline),
  sk: key(head.stage, head.job, head.step),
});
