import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';

/** As the API server speaks of it. */
export type KubeObject = JsonObject;

/** What is at a path of keys, if every key on the way is there. */
export function valueAt(object: JsonObject, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const key of path) value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

export function textAt(object: JsonObject, ...path: readonly string[]): string | undefined {
  const value = valueAt(object, ...path);
  return typeof value === 'string' ? value : undefined;
}

export function numberAt(object: JsonObject, ...path: readonly string[]): number | undefined {
  const value = valueAt(object, ...path);
  return typeof value === 'number' ? value : undefined;
}

export function itemsOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item): item is JsonObject => isJsonObject(item)) : [];
}

/** Such as `Deployment web`. */
export function titleOf(object: KubeObject): string {
  return `${textAt(object, 'kind') ?? 'object'} ${textAt(object, 'metadata', 'name') ?? 'without a name'}`;
}

const podPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};
const templated = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'];

/** Where an object of that kind has its pod's spec; undefined where it has none that we know. */
export function podSpecPath(kind: string): readonly string[] | undefined {
  if (templated.includes(kind)) return ['spec', 'template', 'spec'];
  return Object.hasOwn(podPaths, kind) ? podPaths[kind] : undefined;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** It ends before the others start, so nobody can see it run. */
  readonly isInit: boolean;
}

/** Containers of the pods that an object makes, the initial ones too. */
export function containersOf(object: KubeObject): readonly Container[] {
  const path = podSpecPath(textAt(object, 'kind') ?? '');
  if (path === undefined) return [];
  const read = (key: string, isInit: boolean) =>
    itemsOf(valueAt(object, ...path, key)).map((one) => ({
      name: textAt(one, 'name') ?? '',
      image: textAt(one, 'image') ?? '',
      isInit,
    }));
  return [...read('containers', false), ...read('initContainers', true)];
}

/** A label selector as the API takes it in a query; undefined where it would admit everything. */
export function selectorText(object: KubeObject): string | undefined {
  const labels = valueAt(object, 'spec', 'selector', 'matchLabels');
  const equal = isJsonObject(labels) ? Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`) : [];
  const rest = itemsOf(valueAt(object, 'spec', 'selector', 'matchExpressions')).map(expressionText);
  return [...equal, ...rest].join(',') || undefined;
}

function expressionText(expression: JsonObject): string {
  const key = textAt(expression, 'key') ?? '';
  const values = Array.isArray(expression.values) ? expression.values.join(',') : '';
  switch (textAt(expression, 'operator')) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}

export function isOwnedBy(object: KubeObject, uid: string): boolean {
  const owners = itemsOf(valueAt(object, 'metadata', 'ownerReferences'));
  return owners.some((owner) => owner.controller === true && owner.uid === uid);
}
