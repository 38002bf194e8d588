import { aliyunFlow } from './aliyun-flow.ts';
import { azureDevops } from './azure-devops.ts';
import { bitbucket } from './bitbucket.ts';
import { cdevents } from './cdevents.ts';
import { circleci } from './circleci.ts';
import { distribution } from './distribution.ts';
import { eventbridge } from './eventbridge.ts';
import { gitlab } from './gitlab.ts';
import { jenkins } from './jenkins.ts';
import type { ReceiverType } from './receiver-type.ts';
import { tekton } from './tekton.ts';
import { waybill } from './waybill.ts';

/** Every kind of sender there is, by the name that `PUT /v1/receivers` takes. */
export const receiverTypes: Readonly<Record<string, ReceiverType>> = {
  distribution,
  waybill,
  'aliyun-flow': aliyunFlow,
  'azure-devops': azureDevops,
  bitbucket,
  cdevents,
  circleci,
  eventbridge,
  gitlab,
  jenkins,
  tekton,
};

export function findReceiverType(type: string): ReceiverType | undefined {
  return Object.hasOwn(receiverTypes, type) ? receiverTypes[type] : undefined;
}
