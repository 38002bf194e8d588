import { isJsonObject, type Json } from '../../domain/json.ts';

/** Capacity as the engine's own answers give it; conditions that failed answer none, so they are counted apart. */
export interface Units {
  read: number;
  write: number;
  requests: number;
  failedConditions: number;
}

export function createUnits(): Units {
  return { read: 0, write: 0, requests: 0, failedConditions: 0 };
}

/** `consumed` is the answer's `ConsumedCapacity`: one, or a list of them. */
export function addUnits(units: Units, direction: 'read' | 'write', consumed: Json | undefined): void {
  units.requests += 1;
  const answers = consumed === undefined ? [] : [consumed].flat();
  for (const answer of answers) {
    if (isJsonObject(answer) && typeof answer.CapacityUnits === 'number') units[direction] += answer.CapacityUnits;
  }
}
