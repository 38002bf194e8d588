/** What every trigger of a pipeline file has (Spinnaker's own form; ids count only from the trigger that fired). */
interface TriggerBase {
  /** Place in the file's `triggers`, from 0. */
  readonly index: number;
  readonly enabled: boolean;
  /** Expectations, sources included, of which an event must bring at least one; empty = no such demand. */
  readonly expectedArtifactIds: readonly string[];
}

/** Fires on an event of a receiver of type `webhook`. */
export interface WebhookTrigger extends TriggerBase {
  readonly kind: 'webhook';
  /** Compared without case. */
  readonly type: string;
  readonly source: string;
  /** By key or JSONPath: an expression looked for in the value's text; null = presence is enough. All must hold. */
  readonly payloadConstraints: Readonly<Record<string, string | null>>;
}

/** Fires on the push of a tag. */
export interface DockerTrigger extends TriggerBase {
  readonly kind: 'docker';
  /** Name of a registry account, or a registry's host itself. */
  readonly account: string;
  /** Path within the registry, compared exactly. */
  readonly repository: string;
  /** Expression over the whole tag; absent = every tag but `latest`. */
  readonly tag?: string;
}

export type TriggerDefinition = WebhookTrigger | DockerTrigger;

/** What stands as `source` in a match: where the file has the trigger. */
export function triggerName({ index }: Pick<TriggerDefinition, 'index'>): string {
  return `triggers[${index}]`;
}
