import { distribution } from './distribution.ts';
import type { ReceiverType } from './receiver-type.ts';
import { waybill } from './waybill.ts';

/** Every kind of sender there is, by the name that `PUT /v1/receivers` takes. */
export const receiverTypes: Readonly<Record<string, ReceiverType>> = { distribution, waybill };

export function findReceiverType(type: string): ReceiverType | undefined {
  return Object.hasOwn(receiverTypes, type) ? receiverTypes[type] : undefined;
}
