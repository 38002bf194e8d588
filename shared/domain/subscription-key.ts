import type { TriggerDefinition } from './trigger.ts';

/**
 * Keys under which rules wait for what is no image of a repository. Two pairs of names may make one key: whoever looks up
 * compares the rule itself.
 */
export function artifactSubscriptionKey(type: string, name: string): string {
  return `artifact:${type}|${name}`;
}

/** Types are compared without case. */
export function webhookSubscriptionKey(type: string, source: string): string {
  return `webhook:${type.toLowerCase()}|${source}`;
}

/** By the path alone: which registry is meant, the account says, and it may be changed. */
export function dockerSubscriptionKey(path: string): string {
  return `docker:${path}`;
}

export function triggerSubscriptionKey(trigger: TriggerDefinition): string {
  return trigger.kind === 'webhook'
    ? webhookSubscriptionKey(trigger.type, trigger.source)
    : dockerSubscriptionKey(trigger.repository);
}
