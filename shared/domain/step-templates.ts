import { collectTemplates, type LocatedFault, type LocatedTemplate } from './evaluate.ts';
import { type ArtifactReference, templateReferences } from './expression.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { joinPath } from './pipeline-draft.ts';

export interface StepTemplates {
  readonly templates: readonly LocatedTemplate[];
  readonly errors: readonly LocatedFault[];
}

/** The texts of a step's inputs that hold references or variables. A faulty one does not hide the others. `at` is their path. */
export function stepTemplates(inputs: JsonObject, at: string): StepTemplates {
  const collected = textsIn(inputs, at).map(({ text, path }) => collectTemplates(text, path));
  return {
    templates: collected.flatMap((one) => (one.kind === 'ok' ? one.templates : [])),
    errors: collected.flatMap((one) => (one.kind === 'invalid' ? one.errors : [])),
  };
}

/** Every artifact reference in a step's inputs, at any depth, in order. */
export function referencesIn(inputs: JsonObject): readonly ArtifactReference[] {
  return stepTemplates(inputs, '').templates.flatMap(({ template }) => templateReferences(template));
}

/** The reader bounds the depth of a file, so this may recurse. */
function textsIn(value: Json, path: string): readonly { readonly text: string; readonly path: string }[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (Array.isArray(value)) return value.flatMap((item: Json, index) => textsIn(item, joinPath(path, index)));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, joinPath(path, key)));
}
