import { stageReferences } from './compile-plan.ts';
import type { PipelineDefinition } from './pipeline.ts';

/** Names an input that a stage writes out, as a message may show it. */
export function inputPlace(stage: string, index: number): string {
  return `stages.${stage}.inputArtifacts[${index}]`;
}

/**
 * Ids of sources and expectations, and places of inputs that are written out, whose bytes a run needs, each with the account that a stage names for it, if one does: a step
 * refers to the artifact itself (`$[sources.config]`), or a stage takes it as an input. A field (`$[sources.config.downloadUrl]`)
 * is known without the bytes, which may be larger than we store.
 */
export function neededContent(definition: Pick<PipelineDefinition, 'stages'>): ReadonlyMap<string, string | undefined> {
  const accounts = new Map<string, string | undefined>();
  for (const stage of definition.stages) {
    for (const reference of stageReferences(stage)) {
      if (reference.scope !== 'source' || reference.field !== undefined) continue;
      accounts.set(reference.source, accounts.get(reference.source));
    }
    for (const [index, { id = inputPlace(stage.id, index), account }] of stage.inputArtifacts.entries()) {
      accounts.set(id, accounts.get(id) ?? account);
    }
  }
  return accounts;
}
