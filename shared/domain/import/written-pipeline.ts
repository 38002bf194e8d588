import type { JsonObject } from '../json.ts';

interface Parts {
  readonly name: string;
  readonly description?: string;
  readonly concurrency?: string;
  readonly context: {
    readonly parameters: ReadonlyMap<string, string>;
    readonly sources: ReadonlyMap<string, JsonObject>;
    readonly expected: ReadonlyMap<string, JsonObject>;
  };
  readonly triggers?: readonly JsonObject[];
  readonly stages: readonly (readonly [string, JsonObject])[];
}

/** The file of an import, without empty blocks, in the order of the documentation. A file has at least one stage. */
export function writtenPipeline({ name, description, concurrency, context, triggers = [], stages }: Parts): JsonObject {
  const { parameters, sources, expected } = context;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(parameters.size === 0 ? {} : { parameters: Object.fromEntries(parameters) }),
    ...(sources.size === 0 ? {} : { sources: Object.fromEntries(sources) }),
    ...(expected.size === 0 ? {} : { expectedArtifacts: [...expected.values()] }),
    ...(triggers.length === 0 ? {} : { triggers }),
    stages: stages.length === 0 ? { received: {} } : Object.fromEntries(stages),
  };
}
