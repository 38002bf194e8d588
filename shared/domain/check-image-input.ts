import { parseTemplate, type Template } from './expression.ts';
import type { PipelineFault } from './pipeline-draft.ts';
import { parseReference } from './reference.ts';

/** Fields of an image that say it with its digest. */
const digestFields: readonly (string | undefined)[] = [undefined, 'reference', 'dockerUrl'];

type ImageFault = Omit<PipelineFault, 'path'>;

/**
 * Whether an input may end as `repository@sha256:…`: one reference, a literal with its full digest, or a text with variables that
 * can still become one. What a variable brings is judged when the step runs. Answers the fault.
 */
export function imageInputFault(text: string): ImageFault | undefined {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') return undefined;
  const { parts } = parsed.template;
  const [only] = parts;
  if (parts.every((part) => part.kind === 'text')) return literalFault(literalText(parsed.template));
  if (parts.length === 1 && only?.kind === 'variable') return undefined;
  if (parts.length === 1 && only?.kind === 'reference') {
    const { field } = only.reference;
    return digestFields.includes(field) ? undefined : digestRequired(`the field ${field} is no image with its digest`);
  }
  return literalText(parsed.template).includes('@') ? undefined : tagFault;
}

const tagFault = digestRequired(
  'a tag is never deployed; write a reference such as $[sources.image] or repository@sha256:…',
);

function digestRequired(message: string): ImageFault {
  return { code: 'digestRequired', message: `digestRequired: ${message}` };
}

function literalFault(text: string): ImageFault | undefined {
  const reference = parseReference(text);
  if (!reference) return { message: 'is no image; write a reference such as $[sources.image] or repository@sha256:…' };
  return reference.digest ? undefined : tagFault;
}

function literalText(template: Template): string {
  return template.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
