import { aliyunAcr } from './aliyun-acr.ts';
import { aliyunEventbridge } from './aliyun-eventbridge.ts';
import { aliyunFlow } from './aliyun-flow.ts';
import { artifactory } from './artifactory.ts';
import { azureAcr } from './azure-acr.ts';
import { azureDevops } from './azure-devops.ts';
import { bitbucket } from './bitbucket.ts';
import { cdevents } from './cdevents.ts';
import { circleci } from './circleci.ts';
import { distribution } from './distribution.ts';
import { dockerhub } from './dockerhub.ts';
import { eventbridge } from './eventbridge.ts';
import { gar } from './gar.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { harbor } from './harbor.ts';
import { jenkins } from './jenkins.ts';
import { nexus } from './nexus.ts';
import { quay } from './quay.ts';
import type { ReceiverType } from './receiver-type.ts';
import { tekton } from './tekton.ts';
import { waybill } from './waybill.ts';
import { webhook } from './webhook.ts';

/** Every kind of sender there is, by the name that `PUT /v1/receivers` takes. */
export const receiverTypes: Readonly<Record<string, ReceiverType>> = {
  'aliyun-acr': aliyunAcr,
  'aliyun-eventbridge': aliyunEventbridge,
  'aliyun-flow': aliyunFlow,
  artifactory,
  'azure-acr': azureAcr,
  'azure-devops': azureDevops,
  bitbucket,
  cdevents,
  circleci,
  distribution,
  dockerhub,
  eventbridge,
  gar,
  github,
  gitlab,
  harbor,
  jenkins,
  nexus,
  quay,
  tekton,
  waybill,
  webhook,
};

export function findReceiverType(type: string): ReceiverType | undefined {
  return Object.hasOwn(receiverTypes, type) ? receiverTypes[type] : undefined;
}
