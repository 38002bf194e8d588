import { collectTemplates } from './evaluate.ts';
import { type ArtifactReference, templateReferences } from './expression.ts';
import type { JsonObject } from './json.ts';

/** Every artifact reference in a step's inputs, at any depth. Text that is no template has none: its fault is reported elsewhere. */
export function referencesIn(inputs: JsonObject): readonly { readonly reference: ArtifactReference }[] {
  const found = collectTemplates(inputs);
  if (!Array.isArray(found)) return [];
  return found.flatMap(({ template }) => templateReferences(template).map((reference) => ({ reference })));
}
