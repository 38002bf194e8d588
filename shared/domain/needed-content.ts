import { stageReferences } from './compile-plan.ts';
import type { PipelineDefinition } from './pipeline.ts';

/**
 * Ids of sources and expectations whose bytes a run needs: a step refers to the artifact itself (`$[sources.config]`), or a stage
 * takes it as an input. A field (`$[sources.config.downloadUrl]`) is known without the bytes, which may be larger than we store.
 */
export function neededContent(definition: Pick<PipelineDefinition, 'stages'>): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const stage of definition.stages) {
    for (const reference of stageReferences(stage)) {
      if (reference.scope === 'source' && reference.field === undefined) ids.add(reference.source);
    }
    for (const input of stage.inputArtifacts) if (input.id !== undefined) ids.add(input.id);
  }
  return ids;
}
