import type { JsonObject } from '../../../domain/json.ts';

/** On every object that a step applies: whose doing its present state is. */
export function stepAnnotation(key: string): JsonObject {
  return { 'waybill/step': key };
}
