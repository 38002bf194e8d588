import type { ReceiverType } from './receiver-type.ts';

/** Every kind of sender, loaded when a call of its comes: shapes of twenty others would take most of a function's start. */
const types = {
  'aliyun-acr': async () => (await import('./aliyun-acr.ts')).aliyunAcr,
  'aliyun-eventbridge': async () => (await import('./aliyun-eventbridge.ts')).aliyunEventbridge,
  'aliyun-flow': async () => (await import('./aliyun-flow.ts')).aliyunFlow,
  artifactory: async () => (await import('./artifactory.ts')).artifactory,
  'azure-acr': async () => (await import('./azure-acr.ts')).azureAcr,
  'azure-devops': async () => (await import('./azure-devops.ts')).azureDevops,
  bitbucket: async () => (await import('./bitbucket.ts')).bitbucket,
  cdevents: async () => (await import('./cdevents.ts')).cdevents,
  circleci: async () => (await import('./circleci.ts')).circleci,
  distribution: async () => (await import('./distribution.ts')).distribution,
  dockerhub: async () => (await import('./dockerhub.ts')).dockerhub,
  eventbridge: async () => (await import('./eventbridge.ts')).eventbridge,
  gar: async () => (await import('./gar.ts')).gar,
  github: async () => (await import('./github.ts')).github,
  gitlab: async () => (await import('./gitlab.ts')).gitlab,
  harbor: async () => (await import('./harbor.ts')).harbor,
  jenkins: async () => (await import('./jenkins.ts')).jenkins,
  nexus: async () => (await import('./nexus.ts')).nexus,
  quay: async () => (await import('./quay.ts')).quay,
  tekton: async () => (await import('./tekton.ts')).tekton,
  waybill: async () => (await import('./waybill.ts')).waybill,
  webhook: async () => (await import('./webhook.ts')).webhook,
} as const satisfies Readonly<Record<string, () => Promise<ReceiverType>>>;

/** By the names that `PUT /v1/receivers` takes. */
export const receiverTypeNames: readonly string[] = Object.keys(types);

/** What was loaded: asking the module loader again costs more than reading most bodies. */
const loaded = new Map<string, ReceiverType>();

export async function findReceiverType(type: string): Promise<ReceiverType | undefined> {
  const known = loaded.get(type);
  if (known !== undefined || !isKnown(type)) return known;
  const found = await types[type]();
  loaded.set(type, found);
  return found;
}

function isKnown(type: string): type is keyof typeof types {
  return Object.hasOwn(types, type);
}

/** Begins to load what every type reads bodies with, e.g. while the table is asked whose door it is. */
export function prepareReceiverTypes(): void {
  // A fault shows again when a type is loaded.
  if (loaded.size === 0) import('./read-json.ts').catch(() => {});
}
