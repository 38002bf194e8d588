import type { Evidence, Execution } from './execution.ts';
import type { JsonObject } from './json.ts';

/**
 * Why and with what an execution started, as evidence. Its claim froze all of it, so it is derived where the proof is written
 * and costs no write of its own.
 */
export function startEvidence(execution: Execution): readonly Evidence[] {
  const trigger: Evidence = {
    name: '1/trigger',
    at: execution.createdAt,
    kind: 'triggered',
    body: triggerBody(execution),
  };
  // A first attempt that could not be bound never began: what the next one was bound to counts from its own start.
  const at = execution.startedAt ?? execution.createdAt;
  return [
    trigger,
    ...execution.bound.map((bound) => ({ name: `1/bound/${bound.id}`, at, kind: 'bound', body: boundBody(bound) })),
  ];
}

function boundBody({ id, artifact, from, tag, build }: Execution['bound'][number]): JsonObject {
  return {
    source: id,
    artifact: artifact.name,
    version: artifact.version ?? artifact.reference,
    from,
    ...(tag === undefined ? {} : { tag }),
    ...(build === undefined ? {} : { build }),
  };
}

/** What of the trigger goes into evidence and proof: names and ids, never payloads. */
export function triggerBody(execution: Execution): JsonObject {
  const { trigger } = execution;
  return {
    type: trigger.type,
    ...(trigger.receiver === undefined ? {} : { receiver: trigger.receiver }),
    ...(trigger.deliveryId === undefined ? {} : { deliveryId: trigger.deliveryId }),
    ...(trigger.user === undefined ? {} : { user: trigger.user }),
    ...(trigger.repository === undefined ? {} : { repository: trigger.repository }),
    ...(trigger.tag === undefined ? {} : { tag: trigger.tag }),
    ...(trigger.parent === undefined ? {} : { parent: trigger.parent.executionId }),
  };
}
